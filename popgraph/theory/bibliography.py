"""The bibliography: papers on contrastive learning and what they build on, and papers on numbers, statistics and algorithms.

Each entry stands on three or four lines, which `references.py` reads: code | authors; title; venue | year | arXiv | doi; note. An
entry without a code of its own goes by its authors and year, as "Shen et al. 2022".
"""

PAPERS_ON_LEARNING = """
H21 | HaoChen, Jeff Z.; Wei, Colin; Gaidon, Adrien; Ma, Tengyu
Provable guarantees for self-supervised deep learning with spectral contrastive loss
NeurIPS 2021 | 2021 | 2106.04156 |
Numbers are those of the NeurIPS text. In arXiv v7 its Theorem 3.7 on the linear probe is Theorem 3.8.

S22 | Saunshi, Nikunj; Ash, Jordan; Goel, Surbhi; Misra, Dipendra; Zhang, Cyril; Arora, Sanjeev; Kakade, Sham; Krishnamurthy, Akshay
Understanding contrastive learning requires incorporating inductive biases
ICML 2022 | 2022 | 2202.14037 |

H23 | HaoChen, Jeff Z.; Ma, Tengyu
A theoretical study of inductive biases in contrastive learning
ICLR 2023 | 2023 | 2211.14699 |

J22 | Johnson, Daniel D.; El Hanchi, Ayoub; Maddison, Chris J.
Contrastive learning can find an optimal basis for approximately view-invariant functions
ICLR 2023 | 2022 | 2210.01883 |
Cited by the year of its first version on arXiv.

W21 | Wei, Colin; Shen, Kendrick; Chen, Yining; Ma, Tengyu
Theoretical analysis of self-training with deep networks on unlabeled data
ICLR 2021 | 2021 | 2010.03622 |

LGT | Lee, James R.; Oveis Gharan, Shayan; Trevisan, Luca
Multiway spectral partitioning and higher-order Cheeger inequalities
Journal of the ACM 61 | 2014 | 1111.1055 | 10.1145/2665063

Z25 | Zhai, Runtian; Yang, Kai; Varıcı, Burak; Tsai, Che-Ping; Kolter, J. Zico; Ravikumar, Pradeep
Contextures: representations from contexts
ICML 2025 | 2025 | 2505.01557 |

Z26 | Zhang, Yi-Ge; Cui, Jingyi; Li, Qiran; Wang, Yisen
Difficult examples hurt unsupervised contrastive learning: a theoretical perspective
ICLR 2026 | 2026 | 2501.01317 |

| Deng, Zhijie; Shi, Jiaxin; Zhu, Jun
NeuralEF: deconstructing kernels by deep neural networks
ICML 2022 | 2022 | 2205.00165 |
The ordered objective.

Deng et al. 2022b | Deng, Zhijie; Shi, Jiaxin; Zhang, Hao; Cui, Peng; Lu, Cewu; Zhu, Jun
Neural eigenfunctions are structured representation learners
preprint | 2022 | 2210.12637 |
The ordered objective on positive pairs.

| Ryu, Jongha Jon; Xu, Xiangxiang; Erol, Hasan Sabri Melihcan; Bu, Yuheng; Zheng, Lizhong; Wornell, Gregory W.
Operator SVD with neural networks via nested low-rank approximation
ICML 2024 | 2024 | 2402.03655 |

| Shen, Kendrick; Jones, Robbie; Kumar, Ananya; Xie, Sang Michael; HaoChen, Jeff Z.; Ma, Tengyu; Liang, Percy
Connect, not collapse: explaining contrastive learning for unsupervised domain adaptation
ICML 2022 | 2022 | 2204.00570 |

| HaoChen, Jeff Z.; Wei, Colin; Kumar, Ananya; Ma, Tengyu
Beyond separability: analyzing the linear transferability of contrastive representations to related subpopulations
NeurIPS 2022 | 2022 | 2204.02683 |

| Wang, Yifei; Zhang, Qi; Wang, Yisen; Yang, Jiansheng; Lin, Zhouchen
Chaos is a ladder: a new theoretical understanding of contrastive learning via augmentation overlap
ICLR 2022 | 2022 | 2203.13457 |

| Tian, Yuandong; Chen, Xinlei; Ganguli, Surya
Understanding self-supervised learning dynamics without contrastive pairs
ICML 2021 | 2021 | 2102.06810 |

| Simon, James B.; Knutins, Maksis; Ziyin, Liu; Geisz, Daniel; Fetterman, Abraham J.; Albrecht, Joshua
On the stepwise nature of self-supervised learning
ICML 2023 | 2023 | 2303.15438 |

| Xue, Yihao; Gan, Eric; Ni, Jiayi; Joshi, Siddharth; Mirzasoleiman, Baharan
Investigating the benefits of projection head for representation learning
ICLR 2024 | 2024 | 2403.11391 |

| Wang, Yifei; Zhang, Qi; Guo, Yaoyu; Wang, Yisen
Non-negative contrastive learning
ICLR 2024 | 2024 | 2403.12459 |

| Zhang, Qi; Wang, Yifei; Wang, Yisen
On the generalization of multi-modal contrastive learning
ICML 2023 | 2023 | 2306.04272 |

| Zhang, Qi; Wang, Yifei; Wang, Yisen
How mask matters: towards theoretical understandings of masked autoencoders
NeurIPS 2022 | 2022 | 2210.08344 |

SORL | Sun, Yiyou; Shi, Zhenmei; Li, Yixuan
A graph-theoretic framework for understanding open-world semi-supervised learning
NeurIPS 2023 | 2023 | 2311.03524 |

NSCL | Sun, Yiyou; Shi, Zhenmei; Liang, Yingyu; Li, Yixuan
When and how does known class help discover unknown ones? Provable understanding through spectral analysis
ICML 2023 | 2023 | 2308.05017 |

WSC | Zhou, Zi-Hao; Wang, Jun-Jie; Wei, Tong; Zhang, Min-Ling
Weakly-supervised contrastive learning for imprecise class labels
ICML 2025 | 2025 | 2505.22028 |

| Khosla, Prannay; Teterwak, Piotr; Wang, Chen; Sarna, Aaron; Tian, Yonglong; Isola, Phillip; and 3 others
Supervised contrastive learning
NeurIPS 2020 | 2020 | 2004.11362 |

| van den Oord, Aaron; Li, Yazhe; Vinyals, Oriol
Representation learning with contrastive predictive coding
preprint | 2018 | 1807.03748 |
InfoNCE.

| Chen, Ting; Kornblith, Simon; Norouzi, Mohammad; Hinton, Geoffrey
A simple framework for contrastive learning of visual representations
ICML 2020 | 2020 | 2002.05709 |
SimCLR.

| He, Kaiming; Fan, Haoqi; Wu, Yuxin; Xie, Saining; Girshick, Ross
Momentum contrast for unsupervised visual representation learning
CVPR 2020 | 2020 | 1911.05722 |
MoCo.

| Grill, Jean-Bastien; Strub, Florian; Altché, Florent; and 11 others
Bootstrap your own latent: a new approach to self-supervised learning
NeurIPS 2020 | 2020 | 2006.07733 |
BYOL.

| Chen, Xinlei; He, Kaiming
Exploring simple Siamese representation learning
CVPR 2021 | 2021 | 2011.10566 |
SimSiam.

| Radford, Alec; Kim, Jong Wook; Hallacy, Chris; and 9 others
Learning transferable visual models from natural language supervision
ICML 2021 | 2021 | 2103.00020 |
CLIP.

| Zbontar, Jure; Jing, Li; Misra, Ishan; LeCun, Yann; Deny, Stéphane
Barlow Twins: self-supervised learning via redundancy reduction
ICML 2021 | 2021 | 2103.03230 |

| Bardes, Adrien; Ponce, Jean; LeCun, Yann
VICReg: variance-invariance-covariance regularization for self-supervised learning
ICLR 2022 | 2022 | 2105.04906 |

| Chuang, Ching-Yao; Robinson, Joshua; Lin, Yen-Chen; Torralba, Antonio; Jegelka, Stefanie
Debiased contrastive learning
NeurIPS 2020 | 2020 | 2007.00224 |

| Robinson, Joshua; Chuang, Ching-Yao; Sra, Suvrit; Jegelka, Stefanie
Contrastive learning with hard negative samples
ICLR 2021 | 2021 | 2010.04592 |

| Mikolov, Tomas; Sutskever, Ilya; Chen, Kai; Corrado, Greg; Dean, Jeffrey
Distributed representations of words and phrases and their compositionality
NeurIPS 2013 | 2013 | 1310.4546 |
SGNS.

| Levy, Omer; Goldberg, Yoav
Neural word embedding as implicit matrix factorization
NeurIPS 2014 | 2014 | |

| Devlin, Jacob; Chang, Ming-Wei; Lee, Kenton; Toutanova, Kristina
BERT: pre-training of deep bidirectional transformers for language understanding
NAACL 2019 | 2019 | 1810.04805 |

| Mahadevan, Sridhar; Maggioni, Mauro
Proto-value functions: a Laplacian framework for learning representation and control in Markov decision processes
Journal of Machine Learning Research 8 | 2007 | |

| Zhou, Dengyong; Bousquet, Olivier; Lal, Thomas Navin; Weston, Jason; Schölkopf, Bernhard
Learning with local and global consistency
NeurIPS 2003 | 2003 | |

| Ng, Andrew Y.; Jordan, Michael I.; Weiss, Yair
On spectral clustering: analysis and an algorithm
NeurIPS 2001 | 2001 | |

| Raghavan, Usha Nandini; Albert, Réka; Kumara, Soundar
Near linear time algorithm to detect community structures in large-scale networks
Physical Review E 76 | 2007 | 0709.2938 | 10.1103/PhysRevE.76.036106

| Tu, Stephen; Boczar, Ross; Simchowitz, Max; Soltanolkotabi, Mahdi; Recht, Benjamin
Low-rank solutions of linear matrix equations via Procrustes flow
ICML 2016 | 2016 | 1507.03566 |

| Ge, Rong; Jin, Chi; Zheng, Yi
No spurious local minima in nonconvex low rank problems: a unified geometric analysis
ICML 2017 | 2017 | 1704.00708 |

| Kingma, Diederik P.; Ba, Jimmy
Adam: a method for stochastic optimization
ICLR 2015 | 2015 | 1412.6980 |
"""

PAPERS_ON_METHODS = """
| Cheeger, Jeff
A lower bound for the smallest eigenvalue of the Laplacian
Problems in Analysis, Princeton University Press | 1970 | |
Of manifolds; on graphs the inequality is due to Alon and Milman, and to Sinclair and Jerrum, in the 1980s.

| Louis, Anand; Makarychev, Konstantin
Approximation algorithm for sparsest k-partitioning
SODA 2014 | 2014 | 1306.4384 |

| Weyl, Hermann
Das asymptotische Verteilungsgesetz der Eigenwerte linearer partieller Differentialgleichungen
Mathematische Annalen 71 | 1912 | | 10.1007/BF01456804

| Davis, Chandler; Kahan, W. M.
The rotation of eigenvectors by a perturbation III
SIAM Journal on Numerical Analysis 7 | 1970 | | 10.1137/0707001

| Yu, Yi; Wang, Tengyao; Samworth, Richard J.
A useful variant of the Davis-Kahan theorem for statisticians
Biometrika 102 | 2015 | 1405.0680 | 10.1093/biomet/asv008

| Wedin, Per-Åke
Perturbation bounds in connection with singular value decomposition
BIT 12 | 1972 | | 10.1007/BF01932678

| Eckart, Carl; Young, Gale
The approximation of one matrix by another of lower rank
Psychometrika 1 | 1936 | | 10.1007/BF02288367

| Mirsky, L.
Symmetric gauge functions and unitarily invariant norms
The Quarterly Journal of Mathematics 11 | 1960 | | 10.1093/qmath/11.1.50

| Fan, Ky
On a theorem of Weyl concerning eigenvalues of linear transformations I
Proceedings of the National Academy of Sciences 35 | 1949 | | 10.1073/pnas.35.11.652

| Efron, Bradley; Stein, Charles
The jackknife estimate of variance
The Annals of Statistics 9 | 1981 | | 10.1214/aos/1176345462

| Wilson, Edwin B.
Probable inference, the law of succession, and statistical inference
Journal of the American Statistical Association 22 | 1927 | | 10.1080/01621459.1927.10502953

| Maurer, Andreas; Pontil, Massimiliano
Empirical Bernstein bounds and sample variance penalization
COLT 2009 | 2009 | 0907.3740 |

| Levin, David A.; Peres, Yuval; Wilmer, Elizabeth L.
Markov chains and mixing times
American Mathematical Society | 2009 | |

| Aldous, David; Fill, James Allen
Reversible Markov chains and random walks on graphs
unfinished monograph | 2002 | |

| Zachary, Wayne W.
An information flow model for conflict and fission in small groups
Journal of Anthropological Research 33 | 1977 | | 10.1086/jar.33.4.3629752

| Arthur, David; Vassilvitskii, Sergei
k-means++: the advantages of careful seeding
SODA 2007 | 2007 | |

| Dahlhaus, E.; Johnson, D. S.; Papadimitriou, C. H.; Seymour, P. D.; Yannakakis, M.
The complexity of multiterminal cuts
SIAM Journal on Computing 23 | 1994 | | 10.1137/S0097539792225297

| Boykov, Yuri; Veksler, Olga; Zabih, Ramin
Fast approximate energy minimization via graph cuts
IEEE Transactions on Pattern Analysis and Machine Intelligence 23 | 2001 | | 10.1109/34.969114

| Picard, Jean-Claude; Queyranne, Maurice
On the structure of all minimum cuts in a network and applications
Mathematical Programming Study 13 | 1980 | |

| Vandaele, Arnaud; Gillis, Nicolas; Lei, Qi; Zhong, Kai; Dhillon, Inderjit
Efficient and non-convex coordinate descent for symmetric nonnegative matrix factorization
IEEE Transactions on Signal Processing 64 | 2016 | 1509.01404 |

| Wu, Kesheng; Simon, Horst
Thick-restart Lanczos method for large symmetric eigenvalue problems
SIAM Journal on Matrix Analysis and Applications 22 | 2000 | | 10.1137/S0895479898334605

| van Dorsselaer, Jos L. M.; Hochstenbach, Michiel E.; van der Vorst, Henk A.
Computing probabilistic bounds for extreme eigenvalues of symmetric matrices with the Lanczos method
SIAM Journal on Matrix Analysis and Applications 22 | 2001 | |

| Kuczyński, J.; Woźniakowski, H.
Estimating the largest eigenvalue by the power and Lanczos algorithms with a random start
SIAM Journal on Matrix Analysis and Applications 13 | 1992 | | 10.1137/0613066

| Daniel, J. W.; Gragg, W. B.; Kaufman, L.; Stewart, G. W.
Reorthogonalization and stable algorithms for updating the Gram-Schmidt QR factorization
Mathematics of Computation 30 | 1976 | | 10.1090/S0025-5718-1976-0431641-8

| Zhou, Yunkai; Saad, Yousef; Tiago, Murilo L.; Chelikowsky, James R.
Self-consistent-field calculations using Chebyshev-filtered subspace iteration
Journal of Computational Physics 219 | 2006 | | 10.1016/j.jcp.2006.03.017

| Zhou, Yunkai; Saad, Yousef
A Chebyshev-Davidson algorithm for large symmetric eigenproblems
SIAM Journal on Matrix Analysis and Applications 29 | 2007 | | 10.1137/050630404

| Saad, Youcef
Chebyshev acceleration techniques for solving nonsymmetric eigenvalue problems
Mathematics of Computation 42 | 1984 | | 10.1090/S0025-5718-1984-0736453-8

| Knyazev, Andrew V.; Argentati, Merico E.
Principal angles between subspaces in an A-based scalar product: algorithms and perturbation estimates
SIAM Journal on Scientific Computing 23 | 2002 | | 10.1137/S1064827500377332

| Demmel, James; Grigori, Laura; Hoemmen, Mark; Langou, Julien
Communication-optimal parallel and sequential QR and LU factorizations
SIAM Journal on Scientific Computing 34 | 2012 | 0808.2664 | 10.1137/080731992

| Rose, Donald J.; Tarjan, R. Endre; Lueker, George S.
Algorithmic aspects of vertex elimination on graphs
SIAM Journal on Computing 5 | 1976 | | 10.1137/0205021

| Lipton, Richard J.; Rose, Donald J.; Tarjan, R. Endre
Generalized nested dissection
SIAM Journal on Numerical Analysis 16 | 1979 | | 10.1137/0716027

| George, Alan; Liu, Joseph W.
Computer solution of large sparse positive definite systems
Prentice-Hall | 1981 | |

| Jacobs, David P.; Trevisan, Vilmar
Locating the eigenvalues of trees
Linear Algebra and its Applications 434 | 2011 | |

| Grassmann, Winfried K.; Taksar, Michael I.; Heyman, Daniel P.
Regenerative analysis and steady state distributions for Markov chains
Operations Research 33 | 1985 | | 10.1287/opre.33.5.1107

| Bareiss, Erwin H.
Sylvester's identity and multistep integer-preserving Gaussian elimination
Mathematics of Computation 22 | 1968 | | 10.1090/S0025-5718-1968-0226829-0

| Trefethen, Lloyd N.; Weideman, J. A. C.
The exponentially convergent trapezoidal rule
SIAM Review 56 | 2014 | | 10.1137/130932132

| Dekker, T. J.
A floating-point technique for extending the available precision
Numerische Mathematik 18 | 1971 | | 10.1007/BF01397083

| Ogita, Takeshi; Rump, Siegfried M.; Oishi, Shin'ichi
Accurate sum and dot product
SIAM Journal on Scientific Computing 26 | 2005 | | 10.1137/030601818
"""
