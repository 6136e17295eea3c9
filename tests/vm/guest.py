# SPDX-License-Identifier: MIT
"""Real kernels from the distribution's packages, and a QEMU machine that runs a script under one of them.

A kernel is named ARCHITECTURE-MAJOR.MINOR, such as amd64-6.1: the newest package of that version in SUITES, of which apt keeps an
index in BUILD/vm/apt-ARCHITECTURE, apart from this machine's own. Its image and the modules that the guest needs are kept in
BUILD/vm/NAME; remove that folder to get a newer one. Nothing of what is fetched is installed. The guest's files are this machine's where it is of the same architecture, otherwise those that
tools/arm64 unpacked into BUILD/arm64, with which BUILD-arm64 was built.
"""

import glob
import lzma
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import time

# Debian 11 to 13, with what was ported back to them, and what is to come.
SUITES = ["bullseye", "bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid"]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
ROOT_MODULES = ["virtio_pci", "9pnet_virtio", "9p"]
MODULE_FOLDERS = ("drivers/virtio/", "fs/9p/", "fs/netfs/", "fs/fscache/", "net/9p/")
# The kernels of Debian 11, 12 and 13.
STABLE = ("5.10", "6.1", "6.12")
# line: the serial line for what the tests print; second: the device that it is, where the machine has but one such line.
MACHINES = {
    "amd64": {"program": "qemu-system-x86_64", "package": "qemu-system-x86", "console": "ttyS0",
              "options": ["-M", "q35", "-cpu", "max"], "line": "ttyS1", "second": None},
    # pauth-impdef: the quick algorithm of pointer authentication; the proper one takes much of an emulated processor's time.
    # -icount: the guest's clocks count instructions, one a nanosecond, and jump where all processors wait: so that nothing takes
    # longer for it on a busy machine. Under it an x86-64 kernel does not come up.
    "arm64": {"program": "qemu-system-aarch64", "package": "qemu-system-arm", "console": "ttyAMA0",
              "options": ["-M", "virt", "-cpu", "max,pauth-impdef=on", "-icount", "shift=0,sleep=off"],
              "line": "ttyS0", "second": "pci-serial"},
}


class Problem(Exception):
    """What is missing or refused, with its remedy."""


def architecture():
    """Of this machine."""
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine)


def build_of(build, arch):
    """The build folder whose programs a guest of this architecture can run."""
    folder = build if arch == architecture() else f"{build}-{arch}"
    if arch not in MACHINES or not os.path.isdir(folder):
        raise Problem(f"no guest for {arch or os.uname().machine}: there is no {folder}"
                      + (": make arm64" if arch == "arm64" else ""))
    return folder


def root_of(build, arch):
    """The folder that the guest has for its root."""
    return "/" if arch == architecture() else os.path.join(build, arch, "sysroot")


def apt_options(build, arch):
    return [] if arch == architecture() else ["-c", os.path.join(build, arch, "apt.conf")]


def mirror():
    """Where this machine gets Debian's packages from."""
    uris = output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    found = [uri for uri in uris if uri.rstrip("/").endswith("/debian")]
    if not found:
        raise Problem("apt names no mirror of Debian here: apt-get update, then again")
    return found[0]


def index_of_kernels(build, arch):
    """The options with which apt knows the packages of SUITES; reads their index where it was not read yet."""
    folder = os.path.abspath(os.path.join(build, "vm", f"apt-{arch}"))
    conf = os.path.join(folder, "apt.conf")
    if os.path.exists(conf):
        return ["-c", conf]
    for name in ("state/lists/partial", "cache/archives/partial", "sources"):
        os.makedirs(os.path.join(folder, name), exist_ok=True)
    for suite in SUITES:
        with open(os.path.join(folder, "sources", suite + ".list"), "w", encoding="utf-8") as file:
            file.write(f"deb [arch={arch} signed-by={KEYRING}] {mirror()} {suite} main\n")
    text = f"""APT::Architecture "{arch}";
#clear APT::Architectures;
APT::Architectures {{ "{arch}"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{folder}/sources";
Dir::State "{folder}/state";
Dir::State::status "/dev/null";
Dir::Cache "{folder}/cache";
"""
    with open(conf + ".part", "w", encoding="utf-8") as file:
        file.write(text)
    # A suite that the mirror no longer has, or that is signed by a key that this machine lacks, is left out.
    result = subprocess.run(["apt-get", "-c", conf + ".part", "-q", "update"], check=False, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line in result.stdout.splitlines():
        if line.startswith(("E:", "W:")):
            print(f"# {line}")
    os.rename(conf + ".part", conf)
    return ["-c", conf]


def output(*command):
    return subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True).stdout


def numbers(version):
    return [int(number) for number in re.findall(r"\d+", version)]


def known_packages(build, arch):
    """The packages of kernels that apt knows, by MAJOR.MINOR, the newest of each. Those for clouds and real time are not taken."""
    newest = {}
    for package in output("apt-cache", *index_of_kernels(build, arch), "pkgnames", "linux-image-").split():
        found = re.fullmatch(r"linux-image-((\d+\.\d+)\.\d+[^-]*(?:-\d+)?)-" + arch, package)
        if found and (found[2] not in newest or numbers(found[1]) > numbers(newest[found[2]][0])):
            newest[found[2]] = (found[1], package)
    return {minor: package for minor, (_, package) in newest.items()}


def known_kernels(build):
    """Of the architectures that the tests are built for."""
    known = []
    for arch in MACHINES:
        if os.path.isdir(root_of(build, arch)):
            known += [f"{arch}-{minor}" for minor in sorted(known_packages(build, arch), key=numbers)]
    return known


def chosen_kernels(build):
    """Those of Debian's stable releases, and of each architecture the newest."""
    known = known_kernels(build)
    newest = {kernel.partition("-")[0]: kernel for kernel in known}
    return [kernel for kernel in known if kernel.partition("-")[2] in STABLE or kernel in newest.values()]


def fetch(options, package, folder):
    """Downloads a package into the folder, with these options of apt, and returns its path."""
    try:
        subprocess.run(["apt-get", *options, "download", "-qq", "-o", "APT::Sandbox::User=root",
                        package], cwd=folder, check=True, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Problem(f"cannot download {package}: apt-get update, then again") from error
    archive = glob.glob(os.path.join(folder, package + "_*.deb"))[0]
    return archive


def unpack(archive, wanted):
    """Writes the files of a package for which wanted() returns where to."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as stream:
        with tarfile.open(fileobj=stream.stdout, mode="r|") as tar:
            for member in tar:
                path = wanted(member.name) if member.isfile() else None
                if not path:
                    continue
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as file:
                    shutil.copyfileobj(tar.extractfile(member), file)
        stream.stdout.read()
    os.unlink(archive)


def kernel_folder(build, name):
    """Where the kernel of this name is; gets it first where it is not there."""
    folder = os.path.join(build, "vm", name)
    if os.path.exists(os.path.join(folder, "package")):
        return folder
    arch, _, minor = name.partition("-")
    package = known_packages(build, arch).get(minor)
    if not package:
        raise Problem(f"{name}: apt knows no such kernel; it knows: {', '.join(known_kernels(build))}")
    os.makedirs(folder, exist_ok=True)

    def wanted(path):
        if os.path.basename(path).startswith("vmlinuz-"):
            return os.path.join(folder, "vmlinuz")
        found = re.search(r"/lib/modules/[^/]+/kernel/(.*/([^/]+\.ko(?:\.xz)?))$", path)
        return os.path.join(folder, "modules", found[2]) if found and found[1].startswith(
            MODULE_FOLDERS) else None

    unpack(fetch(index_of_kernels(build, arch), package, folder), wanted)
    with open(os.path.join(folder, "package"), "w", encoding="utf-8") as file:
        file.write(package + "\n")
    return folder


def busybox(build, arch):
    """A static busybox, from its package."""
    path = os.path.join(build, "vm", "busybox" if arch == architecture() else f"busybox-{arch}")
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        unpack(fetch(apt_options(build, arch), "busybox-static", os.path.dirname(path)),
               lambda name: path if name.endswith("/bin/busybox") else None)
    return path


def read_module(folder, name):
    """A module's bytes; None where it is part of the kernel."""
    for path in glob.glob(os.path.join(folder, "modules", re.sub("[-_]", "[-_]", name) + ".ko*")):
        with (lzma.open if path.endswith(".xz") else open)(path, "rb") as file:
            return file.read()
    return None


def ordered_modules(folder):
    """The modules that the root needs, each after those that it depends on."""
    order = {}

    def add(name):
        module = None if name in order else read_module(folder, name)
        if module is None:
            return
        # The section .modinfo: words "key=value", each ended by a zero byte.
        depends = re.search(rb"\0depends=([^\0]*)\0", module)
        for other in filter(None, depends[1].decode().split(",") if depends else []):
            add(other)
        order[name] = module

    for name in ROOT_MODULES:
        add(name)
    return order


def initramfs(path, files):
    """Writes an archive of the format that the kernel takes (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    with open(path, "wb") as archive:
        def entry(name, mode, data=b"", device=(0, 0)):
            encoded = name.encode() + b"\0"
            fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(encoded), 0]
            header = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
            archive.write(header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4))

        for folder in ("bin", "dev", "host", "modules", "proc", "sys"):
            entry(folder, 0o040755)
        entry("dev/console", 0o020600, device=(5, 1))
        for name, data in files.items():
            entry(name, 0o100755, data)
        entry("TRAILER!!!", 0)


def read_file(path):
    with open(path, "rb") as file:
        return file.read()


class Guest:
    """A machine from its start to its end: `with Guest(...)`; lines() gives what its script prints."""

    def __init__(self, build, kernel, cpus, script, kernel_words=""):
        arch = kernel.partition("-")[0]
        build_of(build, arch)
        self.machine = MACHINES[arch]
        self.root = root_of(build, arch)
        if not shutil.which(self.machine["program"]):
            raise Problem(f"no {self.machine['program']}: apt-get install {self.machine['package']}")
        folder = kernel_folder(build, kernel)
        self.package = read_file(os.path.join(folder, "package")).decode().strip()
        self.folder = tempfile.mkdtemp(prefix="madvisor-vm.")
        self.console_path = os.path.join(self.folder, "console")
        self.results_path = os.path.join(self.folder, "results")
        files = {"init": read_file(os.path.join(HERE, "init")), "tests": script.encode(),
                 "tree": TREE.encode(), "line": self.machine["line"].encode(),
                 "bin/busybox": read_file(busybox(build, arch))}
        for index, (name, module) in enumerate(ordered_modules(folder).items()):
            files[f"modules/{index:02d}-{name}.ko"] = module
        initramfs(os.path.join(self.folder, "initramfs"), files)
        self.command = self.qemu(os.path.join(folder, "vmlinuz"), cpus, kernel_words)
        self.process = None
        if self.root != "/":
            os.makedirs(self.root + TREE, exist_ok=True)

    def qemu(self, image, cpus, kernel_words):
        # One thread for all processors: with several, QEMU 7.2 sometimes runs into a breakpoint that the kernel has removed
        # while it patched its own code, as it does whenever software events are switched on.
        # mitigations=off: they are slow, and nothing here. An oops ends the guest, as a panic does.
        kernel_words = (f"console={self.machine['console']} panic=-1 oops=panic mitigations=off loglevel=5 "
                        + kernel_words)
        command = [self.machine["program"], *self.machine["options"],
                   "-accel", "tcg,thread=single", "-smp", str(cpus), "-m", "3G", "-nodefaults",
                   "-display", "none", "-no-reboot", "-kernel", image,
                   "-initrd", os.path.join(self.folder, "initramfs"), "-append", kernel_words,
                   "-serial", f"file:{self.console_path}"]
        if self.machine["second"]:
            command += ["-chardev", f"file,id=results,path={self.results_path}",
                        "-device", f"{self.machine['second']},chardev=results"]
        else:
            command += ["-serial", f"file:{self.results_path}"]
        for tag, path in (("root", self.root), ("source", TREE)):
            command += ["-fsdev", f"local,id={tag},path={path},security_model=none,readonly=on,"
                                  "multidevs=remap",
                        "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
        return command

    def __enter__(self):
        open(self.results_path, "wb").close()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def lines(self, deadline):
        """Each line once it is there; ends when the guest has ended, or when time.monotonic() reaches deadline()."""
        rest = b""
        with open(self.results_path, "rb") as results:
            while True:
                ended = self.process.poll() is not None
                rest += results.read()
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    yield line.decode(errors="replace").rstrip("\r")
                if ended:
                    return
                if time.monotonic() > deadline():
                    return
                if not lines:
                    time.sleep(0.1)

    def console_end(self, count=60):
        try:
            text = read_file(self.console_path).decode(errors="replace")
        except OSError:
            return []
        return text.replace("\r", "").splitlines()[-count:]
