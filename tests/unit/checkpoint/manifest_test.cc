#include "weir/checkpoint/manifest.h"

#include <functional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/error.h"

#include "damage.h"
#include "example_manifest.h"
#include "hex.h"

namespace weir::checkpoint {
namespace {

using ::testing::HasSubstr;

/// What decoding says against a manifest that is whole and makes no sense.
std::string refusal(const Manifest& manifest) {
  try {
    decode_manifest(encode_manifest(manifest), "chk/3.17/MANIFEST");
  } catch (const CorruptionError& error) {
    return error.what();
  }
  return "none";
}

/// The example with a second state, and the entries of both.
Manifest counted_manifest() {
  Manifest manifest = example_manifest();
  StateHandle& handle = *manifest.operators[1].keyed;
  handle.states.push_back({"rest", StateId(2), Sliced::kNo, schema_of<std::string>(), schema_of<std::int64_t>()});
  handle.counts = {{10, {{timestamp_ms(70'000), 3}, {timestamp_ms(80'000), 7}}}, {2, {}}};
  return manifest;
}

TEST(Manifest, IsReadAsItWasWritten) {
  EXPECT_EQ(example_manifest(), decode_manifest(encode_manifest(example_manifest()), "MANIFEST"));
}

TEST(Manifest, RefusesEveryDamage) {
  expect_damage_is_found(encode_manifest(example_manifest()), "chk/3.17/MANIFEST",
                         [](const std::string& bytes) { decode_manifest(bytes, "chk/3.17/MANIFEST"); });
}

// docs/formats/manifest.md describes these bytes.
TEST(Manifest, HasTheBytesThatItHasAlwaysHad) {
  const std::string kBytes =
      "574549524d414e4901000000d7010000000000000a05302e312e3012066f7264\n"
      "657273180320022811317bf451c28c0100003801418877665544332211481052\n"
      "0d0a076e756d6265727310011801520a0a0473756d7310021801520b0a056669\n"
      "6c6573100318015a510a076e756d62657273180132420a0666696c652d311209\n"
      "6f66667365742034321a2d0a0a74696d657374616d7073121f0a097761746572\n"
      "6d61726b12080105696e743634001a08630000000000000038015adb010a0473\n"
      "756d731801221b0a05666c6f6f7212080105696e743634001a08fbffffffffff\n"
      "ffff2ab30110101a270a0373756d1001180122090106737472696e67002a0801\n"
      "05696e743634003160ea0000000000002218686f7720746865792062656c6f6e\n"
      "6720746f6765746865722a350a177368617265642f332e322e31372e312d302e\n"
      "302e7373741080201a120901000000000000001102000000000000002203612d\n"
      "312a330a167368617265642f312e302e332e312d302e322e73737410641a1209\n"
      "03000000000000001104000000000000002203612d30300c5a090a0566696c65\n"
      "73180162230a0566696c6573120c08101a08706172742d302d31120c08111a08\n"
      "706172742d302d326a0f0a0a7265636f7264735f696e10e8076a100a0b726563\n"
      "6f7264735f6f757410840720da4cd60bfdd098389821577e771eff";
  EXPECT_EQ(kBytes, to_hex(encode_manifest(example_manifest())));
  EXPECT_EQ(example_manifest(), decode_manifest(from_hex(kBytes), "MANIFEST"));
}

TEST(Manifest, KeepsTextsThatAreNoUtf8) {
  Manifest manifest = example_manifest();
  manifest.operators[0].splits[0].split.id = std::string("\xff\0\x80", 3);
  EXPECT_EQ(manifest, decode_manifest(encode_manifest(manifest), "MANIFEST"));
}

TEST(Manifest, AddsUpItsStateFiles) { EXPECT_EQ(4196u, state_bytes(example_manifest())); }

TEST(Manifest, RefusesAStateFileOutsideOfItsDirectory) {
  for (const std::string path : {"shared/../lock", "/etc/passwd", "shared/x", "log/0", "shared/1.0.3.1-0.2.sst/.."}) {
    Manifest manifest = example_manifest();
    manifest.operators[1].keyed->files[0].path = path;
    EXPECT_THAT(refusal(manifest), HasSubstr(path));
  }
}

TEST(Manifest, MayCountWhatItsStatesHold) {
  Manifest manifest = counted_manifest();
  EXPECT_EQ(manifest, decode_manifest(encode_manifest(manifest), "MANIFEST"));
  manifest.operators[1].keyed->counts[0].slices.clear();
  EXPECT_EQ(manifest, decode_manifest(encode_manifest(manifest), "MANIFEST"));
}

TEST(Manifest, RefusesCountsThatDoNotFit) {
  const auto refused = [](const std::function<void(StateHandle&)>& change) {
    Manifest manifest = counted_manifest();
    change(*manifest.operators[1].keyed);
    return refusal(manifest);
  };
  EXPECT_EQ(refused([](StateHandle&) {}), "none");
  EXPECT_THAT(refused([](StateHandle& of) { of.counts.pop_back(); }), HasSubstr("rest"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[1].entries = 1; }), HasSubstr("fewer than 12"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[1].entries = 3; }), HasSubstr("more than 12"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[0].slices[1].entries = 6; }), HasSubstr("sum"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[0].slices[1].entries = 8; }), HasSubstr("sum"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[0].slices[0].end = timestamp_ms(60'000); }),
              HasSubstr("not in order"));
  EXPECT_THAT(refused([](StateHandle& of) { std::swap(of.counts[0].slices[0], of.counts[0].slices[1]); }),
              HasSubstr("not in order"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[1].slices = {{timestamp_ms(70'000), 2}}; }),
              HasSubstr("not in order"));
  EXPECT_THAT(refused([](StateHandle& of) { of.counts[0].slices.push_back({timestamp_ms(90'000), 0}); }),
              HasSubstr("sum"));
}

TEST(Manifest, RefusesWhatCannotBe) {
  Manifest manifest = example_manifest();
  manifest.shape.key_groups = 0;
  EXPECT_THAT(refusal(manifest), HasSubstr("key groups"));

  manifest = example_manifest();
  manifest.shape.key_groups = 32769;
  EXPECT_THAT(refusal(manifest), HasSubstr("32769"));

  manifest = example_manifest();
  manifest.operators[1].keyed->range = {0, 17};
  EXPECT_THAT(refusal(manifest), HasSubstr("17"));

  manifest = example_manifest();
  manifest.operators[0].subtask = SubtaskIndex(1);
  EXPECT_THAT(refusal(manifest), HasSubstr("subtask 1"));

  manifest = example_manifest();
  manifest.shape.nodes[0].parallelism = 0;
  EXPECT_THAT(refusal(manifest), HasSubstr("parallelism"));
}

}  // namespace
}  // namespace weir::checkpoint
