# SPDX-License-Identifier: MIT
"""Build the extensions; everything else about the project is in pyproject.toml.

Environment switches, for development and CI:
    FASTHDR_STRICT=1       treat warnings of Cython and of the C compiler as errors
    FASTHDR_MODULE_STATE=1 fail, as FASTHDR_STRICT=1 does, if extensions for CPython 3.13 or later would lack the state
                           that lets them run in several interpreters of a process
    FASTHDR_SANITIZE=LIST  build with -fsanitize=LIST ("address,undefined")
    FASTHDR_LINETRACE=1    build with line tracing, for coverage of the Cython core; Python modules are not compiled
    FASTHDR_DEBUG=1        build without optimisation, with the assertions of Cython and C
    FASTHDR_PURE_PYTHON=1  build no extension; the installed package runs in plain Python. The switch is not
                           needed on implementations other than CPython
"""

import json
import multiprocessing
import os
import pathlib
import re
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.errors import BaseError, CompileError, LinkError

# The core is written for CPython: it accesses the internals of CPython's objects.
PURE = os.environ.get("FASTHDR_PURE_PYTHON") == "1" or sys.implementation.name != "cpython"
STRICT = os.environ.get("FASTHDR_STRICT") == "1"
NEEDS_STATE = STRICT or os.environ.get("FASTHDR_MODULE_STATE") == "1"
SANITIZE = os.environ.get("FASTHDR_SANITIZE", "")
LINETRACE = os.environ.get("FASTHDR_LINETRACE") == "1"
DEBUG = os.environ.get("FASTHDR_DEBUG") == "1"
# Each interpreter in a process has a core. Before 3.13 those with their own GIL cannot import the standard library, and
# without the GIL the core makes objects immortal, which only works for objects that all interpreters share.
MODULE_STATE = sys.version_info >= (3, 13) and not sysconfig.get_config_var("Py_GIL_DISABLED")

ROOT = pathlib.Path(__file__).parent


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def long_description() -> str:
    """Return README.md for a package index, where relative links and images lead nowhere."""
    (address,) = re.findall(r'^Repository = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    (version,) = re.findall(r'^__version__ = "(.+)"$', read("src/fasthdr/__init__.py"), re.MULTILINE)
    raw = address.replace("https://github.com/", "https://raw.githubusercontent.com/")
    text = re.sub(r"(!\[[^]]*\]\()(?!https?:)", rf"\g<1>{raw}/v{version}/", read("README.md"))
    text = re.sub(r"((?<!!)\[[^]]*\]\()(?!https?:|#)", rf"\g<1>{address}/blob/v{version}/", text)
    return re.sub(r"<!-- .*? -->\n", "", text)


# What with_module_state() replaces in the C code of an extension.
LOCKED = "    __Pyx_ModuleStateLookup_Lock();\n"
REMOVE = "static int __Pyx_State_RemoveModule(CYTHON_UNUSED void* dummy) {\n"
LOOK_UP = """\
#define __pyx_mstate_global (__Pyx_PyModule_GetState(__Pyx_State_FindModule(&__pyx_moduledef)))

#define __pyx_m (__Pyx_State_FindModule(&__pyx_moduledef))
"""
CREATE_AGAIN = """\
        PyErr_Format(PyExc_ImportError,
            "Module '%s' has already been imported into this interpreter. Re-importing it is not supported.",
            def->m_name);
        return NULL;
"""
EXECUTE = re.compile(r"static int (__pyx_pymod_exec_\w+)\(PyObject\* module\); /\*proto\*/\n")
SLOT = "{Py_mod_exec, (void*)%s}"
EXECUTED = "  /*--- Execution code ---*/\n"
UNSUPPORTED = "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED"
# Where a constructor and a destructor use a free list.
FREE_LIST = re.compile(
    r"  if \(likely\(\(int\)\(__pyx_mstate_global->__pyx_freecount_(\w+) .+TYPE_FOR_FREELISTS\((.+?), __pyx.+\n"
    r"  \{\n.+\n"
)
# The names of arguments, and the check for keywords after them.
NAMES_FIRST = re.compile(
    r"^(    PyObject \*\* const __pyx_pyargnames\[\] = .+\n)((?:.+\n){2,3}    if \(__pyx_kwds_len > 0\) \{\n)",
    re.MULTILINE,
)
ONE_TYPE = "((int) ((t) == (expected_tp)))"
SWITCHES = "#define CYTHON_USE_MODULE_STATE 1\n#define CYTHON_USE_TYPE_SPECS 1\n"
INCLUDE = '#include "_core/module_state.h"\n'
RELEASES = "#define FH_RELEASES_GIL\n"
DESTRUCTOR = "static void __pyx_tp_dealloc_{}(PyObject *o);\n"


def with_module_state(code: str) -> str:
    """Return the C code of an extension that has its state in the module, of which each interpreter has one.

    Types must then be made from specs: otherwise a second interpreter frees those of the first. Cython's directive
    subinterpreters_compatible is not used: it warns about each static variable, and module_state.h is faster.

    Returns "" if the C code is not what this function expects.
    """
    found = EXECUTE.search(code)
    if found is None:
        return ""
    lists = {name for name, _ in FREE_LIST.findall(code)}
    replaced = {
        LOOK_UP: RELEASES * ("PyEval_SaveThread()" in code) + INCLUDE + "".join(map(DESTRUCTOR.format, sorted(lists))),
        UNSUPPORTED: "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED",
        CREATE_AGAIN: "        return __Pyx_NewRef(__pyx_m);\n",
        found[0]: f"FH_EXECUTE({found[1]})\n",
        SLOT % found[1]: SLOT % "fh_execute",
        EXECUTED: f"  fh_types_made();\n{EXECUTED}",
    }
    if any(code.count(text) != 1 for text in (*replaced, REMOVE)):
        return ""
    for text, instead in replaced.items():
        code = code.replace(text, instead)
    code = code.replace(ONE_TYPE, "FH_SHARES_FREE_LIST(t, expected_tp)")
    code = FREE_LIST.sub(
        lambda found: found[0].replace("__pyx_mstate_global", f"FH_STATE_OF({found[2]}, {found[1]})"), code
    )
    code = NAMES_FIRST.sub(r"\2  \1", code)  # a call without keywords need not look up the state for their names
    if "\n    PyObject ** const __pyx_pyargnames" in code or "mstate_global->__pyx_freecount" in code:
        return ""
    before, body = code.split(REMOVE)
    code = before + REMOVE + body.replace(LOCKED, f"{LOCKED}    fh_module_removed();\n", 1)
    return SWITCHES + code


def use_module_state(extensions: list[Extension]) -> None:
    made = [with_module_state(pathlib.Path(each.sources[0]).read_text(encoding="utf-8")) for each in extensions]
    if not all(made):
        unknown = f"Cython {Cython.__version__} writes C code that setup.py does not know: see with_module_state()"
        if NEEDS_STATE:
            raise BaseError(unknown)
        print(f"warning: {unknown}. The core will run in one interpreter of a process.", file=sys.stderr)
        return
    for extension, code in zip(extensions, made, strict=True):
        path = pathlib.Path(build, "module_state", f"{extension.name}.c")
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != code:
            path.write_text(code, encoding="utf-8")
        extension.sources = [str(path)]


class BuildExtensions(build_ext):
    def build_extensions(self) -> None:
        if MODULE_STATE:
            use_module_state(self.extensions)
        try:
            super().build_extensions()
        except (BaseError, CompileError, LinkError, OSError) as error:
            raise BaseError(
                f"{error}\nfasthdr could not be compiled. Install a C compiler and the headers of Python, or set "
                "FASTHDR_PURE_PYTHON=1 to install it in plain Python, which is slower."
            ) from error


class Wheel(bdist_wheel):
    def egg2dist(self, egginfo_path: str, distinfo_path: str) -> None:
        super().egg2dist(egginfo_path, distinfo_path)
        folder = pathlib.Path(distinfo_path, "sboms")  # PEP 770
        folder.mkdir()
        version = self.distribution.metadata.version
        (folder / "fasthdr.cdx.json").write_text(json.dumps(bill_of_materials(version), indent=1), encoding="utf-8")


def bill_of_materials(version: str) -> dict[str, object]:
    """Return the CycloneDX 1.6 document of a wheel. Cython's helper functions are part of every extension."""

    def component(name: str, version: str, license_: str) -> dict[str, object]:
        url = f"pkg:pypi/{name.lower()}@{version}"
        return {
            "type": "library", "bom-ref": url, "name": name, "version": version, "purl": url,
            "licenses": [{"license": {"id": license_}}],
        }  # fmt: skip

    ours, parts = component("fasthdr", version, "MIT"), []
    if not PURE:
        parts.append(component("Cython", Cython.__version__, "Apache-2.0"))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": ours},
        "components": parts,
        "dependencies": [{"ref": ours["bom-ref"], "dependsOn": [part["bom-ref"] for part in parts]}],
    }


def processes() -> int:
    """Return how many processes may run Cython at a time; 0: it has to run in this one."""
    try:
        multiprocessing.Lock()
    except (ImportError, OSError):  # a system, or a container, without semaphores
        return 0
    return os.cpu_count() or 0


compile_args: list[str] = []
link_args: list[str] = []
macros: list[tuple[str, str | None]] = []
if sys.platform == "win32":
    compile_args += ["/std:c11", "/Od" if DEBUG else "/O2"]
    if STRICT:
        compile_args += ["/W3", "/WX"]
else:
    optimization = "-O0" if DEBUG else "-O1" if SANITIZE or LINETRACE else "-O3"
    compile_args += ["-std=c11", optimization, "-fvisibility=hidden"]
    # gcc would clear an object of 384 bytes with `rep stos`, which is slow to start. Calling memset() is faster.
    compile_args += ["-fno-builtin-memset"]
    if not (DEBUG or SANITIZE):
        # Python's flags ask for debugging information, which is larger than the code and contains the folder's name.
        compile_args += ["-g0"]
    if STRICT:
        # The C that Cython generates has unused parameters and incomplete initializers.
        compile_args += ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-missing-field-initializers"]
if SANITIZE:
    compile_args += [f"-fsanitize={SANITIZE}", "-fno-omit-frame-pointer", "-g"]
    link_args += [f"-fsanitize={SANITIZE}"]
if LINETRACE:
    macros += [("CYTHON_TRACE", "1"), ("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]
if not DEBUG:
    macros += [("CYTHON_WITHOUT_ASSERTIONS", "1")]

if not PURE:
    import Cython
    from Cython.Build import cythonize
    from Cython.Compiler import Options

    Options.warning_errors = STRICT

# Neither cythonize() nor build_ext notices that a switch has changed, so each combination of switches has its own
# folder.
switches = ["strict"] * STRICT + ["sanitize"] * bool(SANITIZE) + ["linetrace"] * LINETRACE + ["debug"] * DEBUG
build = "build/" + "-".join(switches) if switches else "build"

if __name__ != "__mp_main__":  # Python runs this file again in processes that it does not fork
    setup(
        long_description=long_description(),
        long_description_content_type="text/markdown",
        options={"build": {"build_base": build}, "build_ext": {"parallel": os.cpu_count()}},
        cmdclass={"bdist_wheel": Wheel, "build_ext": BuildExtensions},
        ext_modules=[]
        if PURE
        else cythonize(
            [
                Extension(
                    f"fasthdr.{name.removesuffix('.py').replace('/', '.')}",
                    [f"src/fasthdr/{name}" if name.endswith(".py") else f"src/fasthdr/{name}.pyx"],
                    depends=[
                        "src/fasthdr/_core/classify.h",
                        "src/fasthdr/_core/cpython.h",
                        "src/fasthdr/_core/faults.h",
                        "src/fasthdr/_core/grammar.h",
                        "src/fasthdr/_core/interpreters.h",
                        "src/fasthdr/_core/module_state.h",
                        "src/fasthdr/_core/sockets.h",
                        "src/fasthdr/fasthdr.h",
                    ],
                    include_dirs=["src/fasthdr"],
                    extra_compile_args=compile_args,
                    extra_link_args=link_args,
                    define_macros=macros,
                    undef_macros=["NDEBUG"] if DEBUG else [],
                )
                for name in (
                    "_core/capi",
                    "_core/client",
                    "_core/decoder",
                    "_core/gateway",
                    "_core/handler",
                    "_core/head",
                    "_core/many",
                    "_core/message",
                    "_core/parse",
                    "_core/pieces",
                    "_core/reader",
                    "_core/runtime",
                    "_core/wire",
                    "_core/writer",
                    "_strict/exchange.py",
                    "_strict/head.py",
                    "_strict/methods.py",
                    "_strict/rfile.py",
                    "_strict/stream.py",
                    "_strict/view.py",
                    "_strict/wfile.py",
                )
                if not (LINETRACE and name.endswith(".py"))  # coverage.py measures these as plain Python
            ],
            include_path=["src"],
            nthreads=processes(),
            build_dir=f"{build}/cython",
            force=STRICT,
            compiler_directives={
                "language_level": "3",
                "boundscheck": False,
                "wraparound": False,
                "cdivision": True,
                "embedsignature": True,
                "embedsignature.format": "python",
                "freethreading_compatible": True,
                "auto_pickle": False,  # types that can be pickled have a __reduce__() in the source
                "linetrace": LINETRACE,
            },
        ),
    )
