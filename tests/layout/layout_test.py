"""Checks Weir's tree against the laws of its layout, and the checks against planted violations."""

import sys
import tempfile
import unittest
from pathlib import Path

import back_doors
import crash_points
import layers
from cpp_source import code_only

ROOT = Path(__file__).resolve().parents[2]


def planted(files: dict[str, str], check, **options) -> list[str]:
    """What `check` finds in a tree of these files."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [str(finding) for finding in check(root, **options)]


class Tree(unittest.TestCase):
    """The tree as it is."""

    def assert_none(self, findings):
        if findings:
            self.fail("\n" + "\n".join(str(finding) for finding in findings))

    def test_includes_point_downward_and_public_headers_show_no_vendor(self):
        self.assert_none(layers.check(ROOT))

    def test_touches_the_outside_only_through_the_seam(self):
        self.assert_none(back_doors.check(ROOT))

    def test_lists_its_crash_points(self):
        self.assert_none(crash_points.check(ROOT))


class Layers(unittest.TestCase):
    def test_lets_a_folder_include_itself_and_what_lies_below(self):
        files = {
            "core/include/weir/core/a.h": "#include <vector>\n",
            "runtime/src/task.cc": '#include "weir/core/a.h"\n#include "task_state.h"\n#include "weir/runtime/b.h"\n',
            "tests/unit/core/a_test.cc": '#include "weir/stream/c.h"\n#include "../x.h"\n',
            "build/core/x.cc": '#include "weir/stream/c.h"\n',
        }
        self.assertEqual([], planted(files, layers.check))

    def test_names_an_include_that_climbs(self):
        files = {"core/src/a.cc": '#include <vector>\n\n#include "weir/runtime/task.h"\n'}
        self.assertEqual(
            ['core/src/a.cc:3: core/ includes "weir/runtime/task.h" of runtime/; it may include nothing of ours'],
            planted(files, layers.check),
        )

    def test_names_an_include_that_goes_sideways(self):
        files = {"state/include/weir/state/a.h": "#  include <weir/checkpoint/log.h>\n"}
        found = planted(files, layers.check)
        self.assertEqual(1, len(found))
        self.assertIn("state/include/weir/state/a.h:1: state/ includes", found[0])

    def test_refuses_every_pair_of_folders_that_the_table_does_not_list(self):
        for folder, allowed in layers.MAY_INCLUDE.items():
            for target in layers.MAY_INCLUDE:
                with self.subTest(folder=folder, target=target):
                    found = planted({f"{folder}/src/a.cc": f'#include "weir/{target}/b.h"\n'}, layers.check)
                    self.assertEqual(0 if target == folder or target in allowed else 1, len(found))

    def test_counts_the_header_of_everything_to_the_folder_that_holds_it(self):
        files = {"stream/include/weir/weir.h": "", "runtime/src/a.cc": "#include <weir/weir.h>\n"}
        found = planted(files, layers.check)
        self.assertEqual(1, len(found))
        self.assertIn("of stream/", found[0])

    def test_names_a_path_that_leaves_its_folder_by_dots(self):
        found = planted({"state/src/a.cc": '#include "../../core/src/secret.h"\n'}, layers.check)
        self.assertEqual(1, len(found))
        self.assertIn("state/src/a.cc:1:", found[0])

    def test_names_an_include_of_another_folders_inside(self):
        files = {"state/src/table.h": "", "connectors/src/a.cc": '#include "state/src/table.h"\n'}
        self.assertEqual(1, len(planted(files, layers.check)))

    def test_refuses_a_folder_that_is_not_in_the_table(self):
        found = planted({"utils/src/a.cc": ""}, layers.check)
        self.assertEqual(1, len(found))
        self.assertIn("utils/ has no place", found[0])

    def test_keeps_vendor_headers_out_of_public_headers_only(self):
        for header in ("<boost/asio/io_context.hpp>", "<rocksdb/db.h>", "<google/protobuf/message.h>",
                       '"weir/manifest.pb.h"', '"manifest.pb.h"', "<librdkafka/rdkafkacpp.h>", "<sys/socket.h>",
                       "<unistd.h>"):
            with self.subTest(header=header):
                line = f"#include {header}\n"
                self.assertEqual(1, len(planted({"host/include/weir/host/a.h": line}, layers.check)))
                if "weir/" not in header:
                    self.assertEqual([], planted({"host/src/a.cc": line}, layers.check))

    def test_lets_public_headers_show_the_standard_library_and_fmt(self):
        text = "#include <cstdint>\n#include <fmt/format.h>\n#include <xxhash.h>\n#include <stddef.h>\n"
        self.assertEqual([], planted({"core/include/weir/core/a.h": text}, layers.check))

    def test_does_not_read_comments_and_strings(self):
        text = '// #include "weir/stream/a.h"\n/*\n#include "weir/stream/b.h"\n*/\nauto s = R"(\n#include "weir/stream/c.h"\n)";\n'
        self.assertEqual([], planted({"core/src/a.cc": text}, layers.check))


class BackDoors(unittest.TestCase):
    VIOLATIONS = [
        "std::thread t;", "std::jthread t;", "auto f = std::async(work);", "std::chrono::system_clock::now();",
        "std::chrono::steady_clock::now();", "std::chrono::high_resolution_clock::now();", "#include <fstream>",
        "std::ifstream in(path);", "std::ofstream out;", "FILE* f = fopen(path, mode);", "boost::asio::ip::tcp::socket s(io);",
        "int fd = ::open(path, 0);", "int fd = ::socket(AF_INET, SOCK_STREAM, 0);", "std::getenv(name);", "getenv(name);",
        "std::this_thread::sleep_for(d);", "std::random_device seed;", "int i = rand();", "int i = std::rand ();",
        "std::filesystem::exists(path);", "try { f(); } catch (...) { }", "catch( ... )",
    ]
    HARMLESS = [
        "table.open(path);", "Table::open(path);", "host.rand();", "int operand(3);", "// std::thread", 'log("std::thread");',
        "std::chrono::steady_clock::time_point t;", "std::filesystem::path p;", "catch (const std::exception& e) {}",
        "auto n = 1'000; auto c = 'x'; /* getenv */", "reader->socket(a);", 'R"(std::thread)";', "std::this_thread::get_id();",
    ]

    def test_names_each_of_them_with_its_place(self):
        for line in self.VIOLATIONS:
            for folder in ("core", "sim", "runtime", "connectors", "examples"):
                with self.subTest(line=line, folder=folder):
                    found = planted({f"{folder}/src/a.cc": f"\n\n{line}\n"}, back_doors.check, may_catch_all=set())
                    self.assertTrue(found)
                    self.assertIn(f"{folder}/src/a.cc:3: ", found[0])

    def test_lets_harmless_lines_pass(self):
        for line in self.HARMLESS:
            with self.subTest(line=line):
                self.assertEqual([], planted({"core/src/a.cc": line}, back_doors.check, may_catch_all=set()))

    def test_lets_the_host_touch_the_outside_but_not_catch_everything(self):
        files = {"host/src/a.cc": "std::thread t;\n", "host/src/b.cc": "\ncatch (...) {}\n"}
        found = planted(files, back_doors.check, may_catch_all=set())
        self.assertEqual(1, len(found))
        self.assertIn("host/src/b.cc:2: ", found[0])

    def test_lets_only_the_listed_files_catch_everything(self):
        files = {"runtime/src/a.cc": "catch (...) {}", "runtime/src/b.cc": "catch (...) {}"}
        found = planted(files, back_doors.check, may_catch_all={"runtime/src/a.cc"})
        self.assertEqual(1, len(found))
        self.assertIn("runtime/src/b.cc:1: ", found[0])

    def test_names_an_exception_that_nothing_needs_any_more(self):
        files = {"runtime/src/a.cc": "// catch (...)\n"}
        found = planted(files, back_doors.check, may_catch_all={"runtime/src/a.cc", "runtime/src/gone.cc"})
        self.assertEqual(2, len(found))
        self.assertIn("take it off the list", found[0])

    def test_leaves_tests_and_benchmarks_free(self):
        self.assertEqual([], planted({"tests/unit/a.cc": "std::thread t;", "benchmarks/b.cc": "std::thread t;"},
                                     back_doors.check, may_catch_all=set()))


class CrashPoints(unittest.TestCase):
    LISTED = {crash_points.LIST: 'inline constexpr auto kCrashPoints = to_array({\n    "sink: deliver",\n    "log read",\n});\n'}

    def test_may_reach_the_call_through_a_variable(self):
        code = 'host.crash_point("sink: deliver");\nconst char* point = "log read";\n'
        self.assertEqual([], planted({**self.LISTED, "runtime/src/a.cc": code}, crash_points.check))

    def test_that_are_not_listed_are_named_with_their_place(self):
        code = 'host.crash_point("sink: deliver");\nhost.crash_point(\n    "log red");\nf("log read");\n'
        self.assertEqual([f"runtime/src/a.cc:2: the crash point 'log red' is not in {crash_points.LIST}"],
                         planted({**self.LISTED, "runtime/src/a.cc": code}, crash_points.check))

    def test_that_no_code_has_are_named(self):
        found = planted({**self.LISTED, "runtime/src/a.cc": 'host.crash_point("log read");\n'}, crash_points.check)
        self.assertEqual([f"{crash_points.LIST}:2: no code has the crash point 'sink: deliver': take it off the list"], found)


class CodeOnly(unittest.TestCase):
    def test_keeps_lines_where_they_are(self):
        text = 'a\n/* x\ny */ b\n"s\\"t" c\nR"q(\n)" \n)q" d\n'
        stripped = code_only(text)
        self.assertEqual(text.count("\n"), stripped.count("\n"))
        self.assertEqual(["a", "b", "c", "d"], stripped.split())

    def test_takes_a_digit_separator_for_no_character(self):
        self.assertIn("getenv", code_only("int n = 1'000; getenv(x); int m = 2'000;"))


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=2))
