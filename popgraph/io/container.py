"""The file: a zip of `popgraph.json` and .npy arrays; whatever is read from it is checked before it is used."""

import errno
import io
import json
import os
import secrets
import struct
import zipfile
from ast import literal_eval
from pathlib import Path
from typing import Any

import numpy as np

from popgraph.basics.memory import reserve
from popgraph.errors import InvalidFile, TooLarge

FILE_FORMAT, FILE_VERSION = "popgraph", 1
MANIFEST = "popgraph.json"
ARRAY_DTYPES = {"<f8", "<i8", "<i4", "|u1", "|b1"}
MAX_ARRAYS = 10_000
NPY_MAGIC = b"\x93NUMPY\x01\x00"


def write(path: Path, content: dict[str, Any], arrays: dict[str, Any]) -> None:
    """Write a manifest and arrays to a new file beside the old one, which it then replaces."""
    text = json.dumps({"format": FILE_FORMAT, "version": FILE_VERSION, **content}, ensure_ascii=False, allow_nan=False)
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such folder to save in", str(path.parent))
    beside = path.with_name(f".{path.name[:32]}.{secrets.token_hex(8)}.part")
    try:
        with open(beside, "xb") as file:
            archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
            try:
                archive.writestr(MANIFEST, text)
                for name, array in arrays.items():
                    with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                        np.lib.format.write_array(entry, _portable(array), version=(1, 0), allow_pickle=False)
                archive.close()
            except BaseException:
                # zipfile still writes when an interrupted entry or archive is closed: let it write to memory
                if archive.fp is not None:
                    archive.fp = io.BytesIO()
                raise
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _portable(array: Any) -> Any:
    """Return an array in row-major, little-endian form."""
    array = np.ascontiguousarray(array)
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def read(path: Path, most_bytes: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the manifest and the arrays of a file; refuse one that `write` did not make, or of more bytes, packed or not."""
    size = path.stat().st_size
    if size > most_bytes:
        raise TooLarge(f"{path} has {size:,} bytes, more than most_bytes = {most_bytes:,}")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > most_bytes:
                raise TooLarge(f"{path} unpacks to {unpacked:,} bytes, more than most_bytes = {most_bytes:,}")
            reserve(f"{path}", 2.0 * unpacked, "load it where there is more")
            names = [entry.filename for entry in entries]
            if len(entries) > MAX_ARRAYS or len(set(names)) != len(names) or MANIFEST not in names:
                raise InvalidFile(f"{path} is no file of popgraph's: it must hold {MANIFEST} once, and arrays")
            manifest = json.loads(archive.read(MANIFEST).decode("utf-8"))
            arrays = {name[:-4]: _array(archive.read(name), name, path) for name in names if name != MANIFEST}
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise InvalidFile(f"{path} is truncated or no file of popgraph's: {error}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        raise InvalidFile(f"{path} is damaged: its directory points outside") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, struct.error) as error:
        raise InvalidFile(f"{path} holds a {MANIFEST} that is not JSON: {error}") from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise InvalidFile(f"{path} is damaged: {error}") from error
        raise
    if not isinstance(manifest, dict) or manifest.get("format") != FILE_FORMAT:
        raise InvalidFile(f"{path} is no file of popgraph's: its format is not {FILE_FORMAT!r}")
    if manifest.get("version") != FILE_VERSION:
        raise InvalidFile(
            f"{path} is of version {manifest.get('version')!r}; this popgraph reads version {FILE_VERSION}"
        )
    return manifest, arrays


def _array(raw: bytes, name: str, path: Path) -> Any:
    """Read a .npy file here, not by numpy: its header is checked against its length before memory is allocated."""
    wrong = InvalidFile(f"{path} holds {name}, which is no array of this format")
    if not name.endswith(".npy") or not raw.startswith(NPY_MAGIC) or len(raw) < 10:
        raise wrong
    start = 10 + struct.unpack("<H", raw[8:10])[0]
    try:
        header = literal_eval(raw[10:start].decode("latin-1").strip())
        shape, descr, fortran = header["shape"], header["descr"], header["fortran_order"]
    except (ValueError, SyntaxError, KeyError, TypeError, MemoryError, RecursionError):
        raise wrong from None
    sound = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape) and len(shape) <= 3
    if not sound or descr not in ARRAY_DTYPES or fortran is not False:
        raise wrong
    count = 1
    for side in shape:
        count *= side
    if count * np.dtype(descr).itemsize != len(raw) - start:
        raise InvalidFile(f"{path} holds {name}, whose length is not that of its shape {shape}")
    array = np.frombuffer(raw, dtype=descr, offset=start).reshape(shape)
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    native.setflags(write=False)
    return native
