"""The man page weir(1) says what `--help` says, verb by verb, and is well-formed."""

import re
import subprocess

from installed import must
from processes import Case, main, program


def help_of(verb):
    return must(program("weir"), *verb, "--help")


def section(text, title):
    """The lines of a help's section, without its title."""
    return text.partition(f"\n{title}:\n")[2].partition("\n\n")[0].splitlines()


def verbs(path=()):
    """Every verb that there is, as --help tells."""
    names = [line.split()[0] for line in section(help_of(path), "Subcommands")]
    return [verb for name in names for verb in verbs((*path, name))] if names else [path]


def options(verb):
    """The names of a verb's options in --help."""
    lines = section(help_of(verb), "Options")
    return {name for line in lines if line.startswith("  -") for name in line.split()[0].split(",")}


class ManPage(Case):
    @classmethod
    def setUpClass(cls):
        with open(program("man_page")) as file:
            cls.source = file.read()
        # As a reader sees it, on lines that never wrap.
        shown = subprocess.run(["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=2000n", "-rHY=0"], input=cls.source,
                               text=True, capture_output=True, check=True)
        cls.shown = shown.stdout.replace("‐", "-").replace("−", "-")

    def entry(self, verb):
        """What the page says about a verb."""
        title = re.escape("weir " + " ".join(verb))
        found = re.search(rf"(?ms)^   {title} \[OPTIONS\].*?$(.*?)(?=^ {{0,3}}\S|\Z)", self.shown)
        self.assertTrue(found, f"{verb} is not in the page")
        return found[1]

    def test_has_every_verb_with_just_its_options(self):
        all_verbs = verbs()
        self.assertGreater(len(all_verbs), 15)
        for verb in all_verbs:
            with self.subTest(verb=verb):
                told = set(re.findall(r"(?m)(?:^ {7}|, )(-[-\w]+)", self.entry(verb)))
                self.assertEqual(options(verb) - {"-h", "--help"}, told)

    def test_has_the_default_and_the_range_of_an_option(self):
        self.assertRegex(self.entry(("cluster", "start")),
                         r"-p, --port PORT\n +of the page and the REST routes; 0: any free one \(default: 8081\)")
        self.assertIn("1 to 32768", self.entry(("run",)))

    def test_shows_what_follows_the_options(self):
        for line in ("weir run [OPTIONS] JOB [ARGUMENT...]", "weir savepoint [OPTIONS] JOBID [DIR]", "weir logs [OPTIONS] [DAEMON]"):
            self.assertRegex(self.shown, rf"(?m)^ +{re.escape(line)}$")

    def test_tells_every_exit_status(self):
        statuses = self.shown.partition("\nEXIT STATUS\n")[2].partition("\nENVIRONMENT\n")[0]
        self.assertEqual(["0", "1", "2", "130", "141"], re.findall(r"(?m)^ {7}(\d+)", statuses))

    def test_is_well_formed(self):
        checked = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", "-rHY=0"], input=self.source, text=True,
                                 capture_output=True)
        self.assertEqual("", checked.stderr)
        self.assertNotRegex(self.source, "@[A-Z]+@")

    def test_says_the_version_of_the_command(self):
        version = must(program("weir"), "--version").strip()
        self.assertIn(version, self.shown)


class Help(Case):
    def test_shows_that_a_job_follows(self):
        for verb in ("run", "info"):
            self.assertIn(f"Usage: weir {verb} [OPTIONS] JOB [ARGUMENT...]\n", help_of((verb,)))


if __name__ == "__main__":
    main()
