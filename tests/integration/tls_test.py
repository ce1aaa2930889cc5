"""A cluster whose connections are TLS, with the certificates of docs/cluster.md; strangers, and files that do not do."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "chaos"))

from block_input import BlockInput
from clusters import ClusterCase
from processes import TextServer, main, program
from word_count_job import WordCountJob, difference

PAGE = Path(__file__).resolve().parents[2] / "docs/cluster.md"
INTERNAL = ("--tls-internal-certificate", "node.pem", "--tls-internal-key", "node.key", "--tls-internal-ca", "ca.pem")
REST = ("--tls-rest-certificate", "node.pem", "--tls-rest-key", "node.key", "--tls-rest-ca", "ca.pem")


def shown_commands():
    """The shell commands of the page's section on security."""
    section = PAGE.read_text().split("\n## Security\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"(?ms)^```sh\n(.*?)^```$", section)


def listening_ports(pid):
    """Ports at which a process takes connections."""
    sockets = set()
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            sockets.add(os.readlink(f"/proc/{pid}/fd/{name}"))
        except FileNotFoundError:
            pass  # closed meanwhile
    with open(f"/proc/{pid}/net/tcp") as file:
        rows = [line.split() for line in file.readlines()[1:]]
    return sorted(int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets)


def is_joined_by_unix_sockets(pid):
    """Whether a process has a connection of another process of its job, made on this machine."""
    with open(f"/proc/{pid}/net/unix") as file:
        return any(line.split()[5] == "03" and "@weir-" in line for line in file.readlines()[1:])


def connect(port, context, name="localhost"):
    """What comes over a connection before it ends, having said something."""
    with socket.create_connection(("localhost", port), timeout=20) as plain:
        with context.wrap_socket(plain, server_hostname=name) if context else plain as stream:
            stream.sendall(b"GET /jobs/overview HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            said = b""
            while piece := stream.recv(4096):
                said += piece
            return said


class TlsCase(ClusterCase):
    def setUp(self):
        super().setUp()
        self.shell(shown_commands()[0])

    def shell(self, commands):
        surroundings = {**os.environ, "PATH": f"{os.path.dirname(program('weir'))}:{os.environ['PATH']}"}
        ran = subprocess.run(["sh", "-e"], input=commands, text=True, cwd=self.folder, env=surroundings,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return ran.stdout

    def certificate(self, name, days="30", ca=None):
        """A certificate and key of this name, by a CA or by itself."""
        new = f"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key"
        if ca is None:
            self.shell(f"openssl req -x509 {new} -days {days} -out {name}.pem")
        else:
            self.shell(f"openssl req {new} -out {name}.csr\n"
                       f"openssl x509 -req -in {name}.csr -CA {ca}.pem -CAkey {ca}.key -CAcreateserial "
                       f"-days {days} -extfile names -out {name}.pem")

    def context(self, certificate=None, ca="ca.pem"):
        context = ssl.create_default_context(cafile=self.path(ca))
        if certificate:
            context.load_cert_chain(self.path(f"{certificate}.pem"), self.path(f"{certificate}.key"))
        return context

    def port(self, name):
        return int(self.read(f".weir-cluster/{name}").strip().rsplit(":", 1)[1])

    def refusals(self):
        return self.logs().count(" is refused: ")

    def expect_refused(self, port, context, why):
        """Whoever comes so is refused, and the log says why."""
        before = self.refusals()
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            said = connect(port, context)
            if not context or not said:
                raise ConnectionError("closed without a word that means anything")
        self.wait_until(lambda: self.refusals() > before, "a line about the refusal")
        self.assertIn(f"a connection to port {port} is refused: {why}", self.logs())


class Cluster(TlsCase):
    def test_a_job_that_is_spread_over_task_managers_delivers_every_result_once(self):
        self.start_cluster("--taskmanagers", "2", "--slots", "1", *INTERNAL, *REST)
        blocks = BlockInput(31, "tumbling:10s", words=200, blocks=120)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        job = self.submit("-p", "2", program("event_time_word_count"), *words.arguments)
        self.wait_until(lambda: len(self.workers_of(job)) == 2, "both workers")
        for pid in self.workers_of(job):
            self.wait_until(lambda: listening_ports(pid) or not self.workers_of(job), "its ports")
            for port in listening_ports(pid):
                self.expect_refused(port, None, "it does not speak TLS")
        self.wait_until(lambda: any(map(is_joined_by_unix_sockets, self.workers_of(job))), "a unix socket between the two")
        self.wait_until(lambda: self.jobs()[job] in ("FINISHED", "FAILED"), "the end of the job", patience=120)
        self.assertEqual(self.jobs()[job], "FINISHED", self.logs())
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")

    def test_the_commands_of_the_page_work(self):
        start, *rest = shown_commands()[1].replace("\\\n", "").splitlines()
        self.addCleanup(self.end_what_is_left)
        out = self.shell(f"{start} -p 0 --control-port 0")
        self.assertIn("The cluster's page is https://localhost:", out)
        for command in rest:
            if command.startswith("curl") and shutil.which("curl") is None:
                continue
            self.shell(command.replace("8081", str(self.port("rest"))))
        self.assertIn("https://localhost:", self.fine("cluster", "status"))

    def test_strangers_are_refused_and_change_nothing(self):
        self.certificate("other-ca")
        self.certificate("stranger", ca="other-ca")
        self.start_cluster(*INTERNAL)
        with TextServer() as server:
            job = self.submit(program("socket_window_word_count"), "--port", str(server.port))
            server.accept()
            self.wait_for_state(job, "RUNNING")
            port = self.port("control")
            self.expect_refused(port, None, "it does not speak TLS")
            self.expect_refused(port, self.context(), "it shows no certificate")
            self.expect_refused(port, self.context("stranger"),
                                "its certificate 'CN = stranger' (signed by 'CN = other-ca') is refused")
            files = [self.path(name) for name in ("stranger.pem", "stranger.key", "other-ca.pem")]
            flags = ("--tls-internal-certificate", "--tls-internal-key", "--tls-internal-ca")
            stranger = self.start(program("weir"), "taskmanager", "--number", "7",
                                  *(word for pair in zip(flags, files) for word in pair))
            stranger.err.wait_for(rb"no JobManager at localhost:\d+: its certificate '.*' \(signed by '.*'\) is refused")
            server.send(b"still here\n")
            self.wait_for_word("here")
            self.assertEqual(self.jobs()[job], "RUNNING")
            self.fine("cancel", job)
        self.assertEqual(self.logs().count("is connected, with"), 1)

    def test_a_task_manager_that_is_started_later_finds_the_certificates_in_the_directory(self):
        self.start_cluster("--taskmanagers", "0", *INTERNAL)
        later = self.start(program("weir"), "taskmanager", "--number", "3", directory=self.folder)
        later.err.wait_for(rb"connected to the JobManager")

    def test_a_cluster_that_is_started_again_without_certificates_is_plain(self):
        self.start_cluster(*INTERNAL, *REST)
        self.fine("cluster", "stop")
        self.assertIn("http://localhost:", self.start_cluster())
        self.fine("list")


class Rest(TlsCase):
    def setUp(self):
        super().setUp()
        self.start_cluster(*REST)
        self.url = f"https://localhost:{self.port('rest')}"

    def ask(self, path, method="GET", token=None):
        request = urllib.request.Request(self.url + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, context=self.context(), timeout=20) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code

    def test_is_https_and_takes_the_token_as_ever(self):
        self.assertEqual(self.ask("/jobs/overview"), 200)
        self.assertEqual(self.ask("/"), 200)
        self.assertEqual(self.ask("/jobs/" + "0" * 32, "PATCH"), 401)
        self.assertEqual(self.ask("/jobs/" + "0" * 32, "PATCH", self.read(".weir-cluster/token").strip()), 404)
        with self.assertRaises(ssl.SSLError):
            connect(self.port("rest"), ssl.create_default_context())
        self.expect_refused(self.port("rest"), None, "it does not speak TLS")

    def test_commands_check_whom_they_talk_to(self):
        self.certificate("other-ca")
        self.fine("list")
        self.fine("list", "-m", f"localhost:{self.port('rest')}", "--tls-ca", "ca.pem")
        said = self.weir("list", "--tls-ca", "other-ca.pem")
        self.assert_ended(said, 1)
        self.assertRegex(said.err, r"its certificate '.*' \(signed by '.*'\) is refused: unable to get local issuer")
        self.assertIn("the CA's certificate 'nothing.pem' cannot be read", self.weir("list", "--tls-ca", "nothing.pem").err)

    def test_the_token_leaves_this_machine_encrypted_or_not_at_all(self):
        said = self.weir("list", "-m", "192.0.2.1:8081")
        self.assert_ended(said, 2)
        self.assertIn("-m 192.0.2.1:8081: the token would be sent there unencrypted", said.err)

    def test_a_page_that_is_not_the_clusters_is_asked_without_tls(self):
        job = self.start(program("socket_window_word_count"), "--demo", "--weir.page=0")
        page = job.err.wait_for(rb"http://(localhost:\d+)")[1].decode()
        self.assertIn("Socket Window WordCount", self.fine("list", "-m", page))

    def test_checks_the_name(self):
        said = self.weir("list", "-m", f"127.0.0.1:{self.port('rest')}", "--tls-ca", "ca.pem")
        self.assert_ended(said, 1)
        self.assertIn("IP address mismatch", said.err)


class Elsewhere(TlsCase):
    def refused(self, *arguments):
        ended = self.weir(*arguments)
        self.assertNotEqual(ended.status, 0)
        return ended.err

    def test_takes_certificates_of_both_kinds(self):
        for some in ((), INTERNAL, REST):
            said = self.refused("jobmanager", "-p", "0", "--control-port", "0", "--bind", "0.0.0.0", *some)
            self.assertIn("--bind 0.0.0.0: others than this machine reach that address, and what is sent is not "
                          "encrypted", said)
        self.assertIn("not encrypted", self.refused("taskmanager", "--bind", "192.0.2.1"))
        self.assertIn("name the address", self.refused("taskmanager", "--bind", "0.0.0.0", *INTERNAL))
        self.assertFalse(os.path.exists(self.path(".weir-cluster")))

    def test_is_allowed_with_them(self):
        self.start_cluster("--taskmanagers", "0", "--bind", "0.0.0.0", *INTERNAL, *REST)
        self.fine("list")
        name = socket.gethostname()
        try:
            socket.getaddrinfo(name, None, socket.AF_INET)
        except OSError:
            self.skipTest(f"{name} is no name that has an address")
        self.fine("list", "-m", f"{name}:{self.port('rest')}", "--tls-ca", "ca.pem")
        for number in ("0", "1"):
            manager = self.start(program("weir"), "taskmanager", "--number", number, "--slots", "1", "--bind", name,
                                 "--jobmanager", f"{name}:{self.port('control')}", directory=self.folder)
            manager.err.wait_for(rb"connected to the JobManager")
        blocks = BlockInput(32, "tumbling:10s", words=20, blocks=2)
        words = WordCountJob(self.folder, blocks.arguments())
        blocks.write(words.input)
        job = self.submit("-p", "2", program("event_time_word_count"), *words.arguments)
        self.wait_until(lambda: self.jobs()[job] in ("FINISHED", "FAILED"), "the end of the job", patience=60)
        self.assertEqual(self.jobs()[job], "FINISHED", self.logs())
        self.assertEqual(difference(words.delivered(), blocks.expected()), "")


class Files(TlsCase):
    def said_of(self, *arguments):
        ended = self.weir("jobmanager", "-p", "0", "--control-port", "0", *arguments)
        self.assertNotEqual(ended.status, 0)
        self.assertFalse(os.path.exists(self.path(".weir-cluster")), "it changed something")
        return ended.err

    def with_file(self, flag, name, base=INTERNAL):
        words = list(base)
        words[words.index(flag) + 1] = name
        return self.said_of(*words)

    def test_are_named_with_what_is_wrong(self):
        self.certificate("old", days="-1", ca="ca")
        self.certificate("other-ca")
        self.certificate("open", ca="ca")
        os.chmod(self.path("open.key"), 0o644)
        folder = re.escape(os.path.realpath(self.folder))
        for flag, name, why in (
            ("--tls-internal-certificate", "no.pem", "the certificate '{}/no.pem' cannot be read: No such file"),
            ("--tls-internal-key", "no.key", "the private key '{}/no.key' cannot be read: No such file"),
            ("--tls-internal-key", "ca.key", "the private key '{}/ca.key' is not that of the certificate '{}/node.pem'"),
            ("--tls-internal-key", "open.key", r"the private key '{}/open.key' can be read by others \(mode 0644\)"),
            ("--tls-internal-certificate", "old.pem", "the certificate '{}/old.pem' expired at "),
            ("--tls-internal-ca", "names", "the CA's certificate '{}/names' holds no certificate"),
            ("--tls-internal-ca", "other-ca.pem", "the certificate '{}/node.pem' is not one of the CA in '{}/other-ca.pem'"),
        ):
            with self.subTest(flag=flag, name=name):
                self.assertRegex(self.with_file(flag, name), why.replace("{}", folder))
        self.assertRegex(self.with_file("--tls-rest-key", "no.key", REST), "the private key '.*no.key' cannot be read")

    def test_belong_together(self):
        said = self.said_of(*INTERNAL[:4])
        self.assertIn("--tls-internal-ca is missing: --tls-internal-certificate, --tls-internal-key and "
                      "--tls-internal-ca belong together", said)
        self.assertIn("--tls-rest-key is missing", self.said_of(*REST[:2]))


if __name__ == "__main__":
    main()
