#include <random>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/hash.h"

#include "cold_places.h"
#include "cold_rows.h"
#include "map_place.h"
#include "rocksdb_place.h"

namespace weir::state {

std::string read_file(Host& host, const std::string& path) {
  const std::unique_ptr<File> file = host.files().open_for_read(path);
  std::string bytes(file->size(), '\0');
  bytes.resize(file->read_at(0, bytes.data(), bytes.size()));
  return bytes;
}

void replace_file(Host& host, const std::string& path, std::string_view bytes) {
  host.files().remove(path);
  host.files().create(path)->append(bytes);
}

const std::vector<ColdKind>& cold_kinds() {
  static const std::vector<ColdKind> kinds = {
      {"Map", [] { return std::unique_ptr<ColdPlace>(std::make_unique<MapPlace>()); }},
      {"RocksDb", [] { return std::unique_ptr<ColdPlace>(std::make_unique<RocksDbPlace>()); }},
  };
  return kinds;
}

namespace {

using testing::HasSubstr;

const std::string kFirst(1, '\0');
const std::string kLast(20, '\xff');

// What every cold store does, of whatever kind it is.
class ColdStoreContract : public testing::TestWithParam<ColdKind> {
 protected:
  ColdStoreContract() : place_(GetParam().make()), stores_(place_->stores()), store_(stores_->make("store")) {}

  Host& host() { return place_->host(); }

  std::unique_ptr<ColdStore> another() { return stores_->make("store " + std::to_string(++others_)); }

  ColdExport exported(ColdStore& store) { return store.export_to(place_->new_path("export")); }

  std::unique_ptr<ColdStore> imported(const ColdExport& from) {
    std::unique_ptr<ColdStore> store = another();
    store->import(from.metadata, from.files);
    return store;
  }

  std::map<std::string, std::string> bytes_of(const ColdExport& exported) {
    std::map<std::string, std::string> bytes;
    for (const ColdFile& file : exported.files) bytes[file.name] = read_file(host(), file.path);
    return bytes;
  }

  /// Puts two rows again and again until the files that were there are all merged into others. Between the two, in
  /// the order of their keys, lie all other rows.
  void compact(ColdStore& store) {
    const std::map<std::string, std::string> before = bytes_of(exported(store));
    const auto merged = [&before](const std::map<std::string, std::string>& after) {
      return std::none_of(before.begin(), before.end(), [&](const auto& file) { return after.contains(file.first); });
    };
    do {
      ingest(store, {{kFirst, "1"}, {kLast, "1"}});
    } while (!merged(bytes_of(exported(store))));
  }

  /// What compact() does to the rows.
  static Rows compacted(Rows rows) {
    rows[kFirst] = rows[kLast] = "1";
    return rows;
  }

  std::unique_ptr<ColdPlace> place_;
  std::unique_ptr<ColdStores> stores_;
  std::unique_ptr<ColdStore> store_;
  int others_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Kinds, ColdStoreContract, testing::ValuesIn(cold_kinds()),
                         [](const auto& kind) { return kind.param.name; });

Changes numbered(std::uint64_t from, std::uint64_t to, const std::string& value) {
  Changes changes;
  for (std::uint64_t i = from; i < to; ++i) changes[row_key(0, std::nullopt, i)] = value + std::to_string(i);
  return changes;
}

Rows rows_of(const Changes& changes) {
  Rows rows;
  change(changes, rows);
  return rows;
}

TEST_P(ColdStoreContract, IsEmptyAtFirst) {
  EXPECT_EQ(scan(*store_), Rows{});
  EXPECT_EQ(store_->multi_get({"a"}), std::vector<std::optional<std::string>>{std::nullopt});
}

TEST_P(ColdStoreContract, HasTheNewestValueOfEachRow) {
  ingest(*store_, {{"a", "1"}, {"b", "1"}, {"c", "1"}});
  ingest(*store_, {{"b", "2"}, {"d", "2"}});
  ingest(*store_, {{"b", "3"}});
  EXPECT_EQ(scan(*store_), (Rows{{"a", "1"}, {"b", "3"}, {"c", "1"}, {"d", "2"}}));
}

TEST_P(ColdStoreContract, DoesNotHaveDeletedRows) {
  ingest(*store_, {{"a", "1"}, {"b", "1"}, {"c", "1"}});
  ingest(*store_, {{"b", std::nullopt}, {"never there", std::nullopt}});
  EXPECT_EQ(scan(*store_), (Rows{{"a", "1"}, {"c", "1"}}));
  EXPECT_EQ(store_->multi_get({"b"}), std::vector<std::optional<std::string>>{std::nullopt});
  ingest(*store_, {{"b", "2"}});
  EXPECT_EQ(scan(*store_), (Rows{{"a", "1"}, {"b", "2"}, {"c", "1"}}));
}

TEST_P(ColdStoreContract, TakesNoChangesAtAll) {
  ingest(*store_, {});
  EXPECT_EQ(scan(*store_), Rows{});
}

TEST_P(ColdStoreContract, ScansFromTheFirstKeyUpToBeforeTheLast) {
  ingest(*store_, {{"a", "1"}, {"b", "1"}, {"b1", "1"}, {"c", "1"}});
  EXPECT_EQ(scan(*store_, "b", "c"), (Rows{{"b", "1"}, {"b1", "1"}}));
  EXPECT_EQ(scan(*store_, "aa", "bb"), (Rows{{"b", "1"}, {"b1", "1"}}));
  EXPECT_EQ(scan(*store_, "b1"), (Rows{{"b1", "1"}, {"c", "1"}}));
  EXPECT_EQ(scan(*store_, "d"), Rows{});
}

TEST_P(ColdStoreContract, GivesTheRowsThatAreAskedForInTheirOrder) {
  ingest(*store_, {{"a", "1"}, {"b", ""}, {"c", "3"}});
  using Values = std::vector<std::optional<std::string>>;
  EXPECT_EQ(store_->multi_get({"c", "absent", "b", "a", "c"}), (Values{"3", std::nullopt, "", "1", "3"}));
  EXPECT_EQ(store_->multi_get({}), Values{});
}

TEST_P(ColdStoreContract, KeepsKeysAndValuesOfAnyBytes) {
  const std::string zeros(3, '\0');
  const std::string high(3, '\xff');
  const Changes changes = {{zeros, high}, {high, zeros}, {zeros + high, std::string(100'000, 'x')}, {"\n", ""}};
  ingest(*store_, changes);
  EXPECT_EQ(scan(*store_), rows_of(changes));
  EXPECT_EQ(scan(*imported(exported(*store_))), rows_of(changes));
}

TEST_P(ColdStoreContract, StoresDoNotSeeEachOthersRows) {
  const std::unique_ptr<ColdStore> other = another();
  ingest(*store_, {{"a", "1"}});
  ingest(*other, {{"b", "2"}});
  EXPECT_EQ(scan(*store_), (Rows{{"a", "1"}}));
  EXPECT_EQ(scan(*other), (Rows{{"b", "2"}}));
}

TEST_P(ColdStoreContract, AStoreOfTheSameNameAsOneThatIsGoneIsEmpty) {
  ingest(*store_, {{"a", "1"}});
  store_.reset();
  store_ = stores_->make("store");
  EXPECT_EQ(scan(*store_), Rows{});
}

TEST_P(ColdStoreContract, AnExportOfNothingIsImportedAsNothing) {
  const ColdExport nothing = exported(*store_);
  EXPECT_TRUE(nothing.files.empty());
  const std::unique_ptr<ColdStore> restored = imported(nothing);
  EXPECT_EQ(scan(*restored), Rows{});
  ingest(*restored, {{"a", "1"}});
  EXPECT_EQ(scan(*restored), (Rows{{"a", "1"}}));
}

TEST_P(ColdStoreContract, AnImportedExportHasTheSameRows) {
  ingest(*store_, numbered(0, 1000, "old"));
  ingest(*store_, numbered(500, 1500, "new"));
  ingest(*store_, {{row_key(0, std::nullopt, 7), std::nullopt}});
  const Rows rows = scan(*store_);
  ASSERT_EQ(rows.size(), 1499u);

  const std::unique_ptr<ColdStore> restored = imported(exported(*store_));
  EXPECT_EQ(scan(*restored), rows);
  EXPECT_EQ(restored->multi_get({row_key(0, std::nullopt, 600)}).front(), "new600");
}

TEST_P(ColdStoreContract, AnImportedStoreGoesOnLikeAnyOther) {
  ingest(*store_, numbered(0, 100, "old"));
  ingest(*store_, numbered(50, 150, "newer"));
  const std::unique_ptr<ColdStore> second = imported(exported(*store_));
  Rows rows = rows_of(numbered(0, 100, "old"));
  change(numbered(50, 150, "newer"), rows);
  const Changes changes = numbered(75, 200, "newest");
  ingest(*second, changes);
  change(changes, rows);
  EXPECT_EQ(scan(*second), rows);
  EXPECT_EQ(scan(*imported(exported(*second))), rows);
}

TEST_P(ColdStoreContract, HasTheSameRowsAfterFilesWereMerged) {
  Rows rows;
  for (int i = 0; i < 3; ++i) {
    const Changes changes = numbered(100 * i, 100 * i + 200, std::to_string(i) + " ");
    ingest(*store_, changes);
    change(changes, rows);
  }
  ingest(*store_, {{row_key(0, std::nullopt, 3), std::nullopt}});
  rows.erase(row_key(0, std::nullopt, 3));
  compact(*store_);
  rows = compacted(rows);
  EXPECT_EQ(scan(*store_), rows);

  const std::unique_ptr<ColdStore> restored = imported(exported(*store_));
  EXPECT_EQ(scan(*restored), rows);
  compact(*restored);
  EXPECT_EQ(scan(*restored), rows);
  EXPECT_EQ(scan(*imported(exported(*restored))), rows);
}

TEST_P(ColdStoreContract, AnExportStaysAsItWasWhateverComesLater) {
  ingest(*store_, numbered(0, 100, "old"));
  const ColdExport old = exported(*store_);
  const auto bytes = bytes_of(old);
  ingest(*store_, numbered(0, 100, "new"));
  compact(*store_);
  store_.reset();
  EXPECT_EQ(bytes_of(old), bytes);
  EXPECT_EQ(scan(*imported(old)), rows_of(numbered(0, 100, "old")));
}

TEST_P(ColdStoreContract, ImportingLeavesTheFilesWhereTheyAre) {
  ingest(*store_, numbered(0, 100, "old"));
  const ColdExport old = exported(*store_);
  const auto bytes = bytes_of(old);
  const std::unique_ptr<ColdStore> first = imported(old);
  const std::unique_ptr<ColdStore> second = imported(old);
  ingest(*first, numbered(0, 100, "new"));
  compact(*first);
  EXPECT_EQ(bytes_of(old), bytes);
  EXPECT_EQ(scan(*second), rows_of(numbered(0, 100, "old")));
}

TEST_P(ColdStoreContract, AnImportedStoreDoesNotNeedTheFilesAnyMore) {
  ingest(*store_, numbered(0, 100, "old"));
  const ColdExport old = exported(*store_);
  const std::unique_ptr<ColdStore> restored = imported(old);
  for (const ColdFile& file : old.files) host().files().remove(file.path);
  EXPECT_EQ(scan(*restored), rows_of(numbered(0, 100, "old")));
}

TEST_P(ColdStoreContract, TellsTheSizeOfEachFile) {
  ingest(*store_, numbered(0, 100, "old"));
  for (const ColdFile& file : exported(*store_).files)
    EXPECT_EQ(file.size, read_file(host(), file.path).size()) << file.name;
}

TEST_P(ColdStoreContract, TellsTheHashOfEachFileThatItHasWritten) {
  ingest(*store_, numbered(0, 100, "old"));
  const auto compare = [&] {
    for (const ColdFile& file : exported(*store_).files)
      EXPECT_EQ(file.hash, hash128(read_file(host(), file.path))) << file.name;
  };
  compare();
  compact(*store_);
  compare();
}

TEST_P(ColdStoreContract, TheSameFileHasTheSameNameInEveryExport) {
  ingest(*store_, numbered(0, 100, "old"));
  const auto first = bytes_of(exported(*store_));
  EXPECT_EQ(bytes_of(exported(*store_)), first);
  ingest(*store_, numbered(1000, 1100, "new"));
  const auto second = bytes_of(exported(*store_));
  EXPECT_GT(second.size(), first.size());
  for (const auto& [name, bytes] : first) EXPECT_EQ(second.at(name), bytes) << name;
}

// A checkpoint takes a file whose name it knows for one that it has, also after the process was started anew.
TEST_P(ColdStoreContract, AFileKeepsItsNameInTheStoreThatImportedIt) {
  ingest(*store_, numbered(0, 100, "old"));
  ingest(*store_, numbered(50, 150, "new"));
  const ColdExport old = exported(*store_);
  store_.reset();
  stores_ = place_->stores();
  EXPECT_EQ(bytes_of(exported(*imported(old))), bytes_of(old));
}

TEST_P(ColdStoreContract, FilesOfDifferentBytesHaveDifferentNamesWhicheverStoreMadeThem) {
  std::map<std::string, std::string> known;
  const auto look = [&](const ColdExport& exported) {
    for (const auto& [name, bytes] : bytes_of(exported)) {
      EXPECT_EQ(known.try_emplace(name, bytes).first->second, bytes) << name;
    }
  };
  std::unique_ptr<ColdStore> other = another();
  for (int round = 0; round < 12; ++round) {
    ingest(*store_, numbered(0, 50, "of one, round " + std::to_string(round)));
    ingest(*other, numbered(0, 50, "of another, round " + std::to_string(round)));
    look(exported(*store_));
    look(exported(*other));
    if (round % 4 == 3) {
      const ColdExport old = exported(*store_);
      other.reset();
      store_.reset();
      stores_ = place_->stores();
      store_ = imported(old);
      other = another();
    }
  }
}

TEST_P(ColdStoreContract, RowsBelowTheHorizonOfTheirStateGoWhenFilesAreMerged) {
  const auto at = [](std::int64_t ms) { return timestamp_ms(ms); };
  const std::string gone = row_key(1, at(100), 5);
  const std::string at_horizon = row_key(1, at(200), 5, 3);
  const std::string above = row_key(1, at(201), 5);
  const std::string of_other_state = row_key(2, at(100), 5);
  const std::string not_sliced = row_key(3, std::nullopt, 5);
  ingest(*store_, {{gone, "1"}, {at_horizon, "1"}, {above, "1"}, {of_other_state, "1"}, {not_sliced, "1"}});

  store_->set_horizons({{StateId(1), at(200)}, {StateId(2), at(99)}, {StateId(3), Timestamp::min()}});
  store_->set_horizons({{StateId(1), at(150)}});  // does not fall
  compact(*store_);
  EXPECT_EQ(scan(*store_), compacted({{above, "1"}, {of_other_state, "1"}, {not_sliced, "1"}}));
}

TEST_P(ColdStoreContract, RowsThatHaveExpiredGoWhenFilesAreMerged) {
  const auto expires = [](std::int64_t ms) {
    std::string value;
    encode_value(timestamp_ms(ms), value);
    return value + "and what was kept";
  };
  const std::string gone = row_key(1, std::nullopt, 5);
  const std::string now = row_key(1, std::nullopt, 6);
  const std::string later = row_key(1, std::nullopt, 7);
  const std::string renewed = row_key(1, std::nullopt, 8);
  const std::string of_other_state = row_key(2, std::nullopt, 5);
  const std::string of_a_slice = row_key(3, timestamp_ms(100), 5);
  ingest(*store_, {{gone, expires(-100)},
                   {now, expires(200)},
                   {later, expires(201)},
                   {renewed, expires(100)},
                   {of_other_state, expires(100)},
                   {of_a_slice, "1"}});
  ingest(*store_, {{renewed, expires(300)}});
  store_->set_horizons(
      {{StateId(1), timestamp_ms(200), Horizon::Of::kEntries}, {StateId(3), timestamp_ms(99), Horizon::Of::kSlices}});
  compact(*store_);
  EXPECT_EQ(
      scan(*store_),
      compacted({{later, expires(201)}, {renewed, expires(300)}, {of_other_state, expires(100)}, {of_a_slice, "1"}}));
}

TEST_P(ColdStoreContract, AStoreDoesNotDropRowsByAnothersHorizon) {
  const std::unique_ptr<ColdStore> other = another();
  const std::string row = row_key(1, timestamp_ms(100), 5);
  ingest(*store_, {{row, "1"}});
  other->set_horizons({{StateId(1), timestamp_ms(200)}});
  compact(*store_);
  EXPECT_EQ(scan(*store_), compacted({{row, "1"}}));
}

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

testing::Matcher<std::string> names(const ColdFile& file) {
  return testing::AnyOf(HasSubstr(file.path), HasSubstr(file.name));
}

TEST_P(ColdStoreContract, WillNotExportOverWhatIsThere) {
  ingest(*store_, {{"a", "1"}});
  const std::string directory = place_->new_path("taken");
  host().files().make_directories(directory);
  EXPECT_THAT(error_of([&] { store_->export_to(directory); }), HasSubstr(directory));
  EXPECT_EQ(scan(*store_), (Rows{{"a", "1"}}));
}

TEST_P(ColdStoreContract, NamesAFileThatIsMissing) {
  ingest(*store_, {{"a", "1"}});
  const ColdExport old = exported(*store_);
  host().files().remove(old.files.front().path);
  EXPECT_THAT(error_of([&] { imported(old); }), HasSubstr(old.files.front().path));
}

TEST_P(ColdStoreContract, NamesAFileThatIsCutShort) {
  ingest(*store_, numbered(0, 100, "old"));
  const ColdExport old = exported(*store_);
  const ColdFile& file = old.files.front();
  const std::string bytes = read_file(host(), file.path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, bytes.size() / 2, bytes.size() - 1}) {
    replace_file(host(), file.path, std::string_view(bytes).substr(0, size));
    EXPECT_THAT(error_of([&] { imported(old); }), names(file)) << size;
  }
}

TEST_P(ColdStoreContract, RefusesMetadataThatItDidNotWrite) {
  ingest(*store_, {{"a", "1"}});
  ColdExport old = exported(*store_);
  const std::string metadata = old.metadata;
  for (const std::string& wrong : {std::string(), std::string("?"), metadata.substr(1), metadata + "x"}) {
    old.metadata = wrong;
    EXPECT_THROW(imported(old), CorruptionError) << wrong;
  }
}

TEST_P(ColdStoreContract, RefusesFilesThatAreNotThoseOfItsMetadata) {
  ingest(*store_, {{"a", "1"}});
  ingest(*store_, {{"a", "2"}});
  const ColdExport old = exported(*store_);
  ASSERT_EQ(old.files.size(), 2u);
  const auto& files = old.files;
  EXPECT_THROW(another()->import(old.metadata, {files[0]}), CorruptionError);
  EXPECT_THROW(another()->import(old.metadata, {files[1], files[0]}), CorruptionError);
  EXPECT_THROW(another()->import(old.metadata, {files[0], files[1], files[1]}), CorruptionError);
}

// Of a small file of RocksDB, every seventh byte or so.
TEST_P(ColdStoreContract, NoFlippedByteEverChangesARow) {
  ingest(*store_, numbered(0, 5, "a value "));
  const ColdExport old = exported(*store_);
  const Rows rows = scan(*store_);
  ASSERT_EQ(old.files.size(), 1u);
  const ColdFile& file = old.files.front();
  const std::string bytes = read_file(host(), file.path);
  const std::size_t step = bytes.size() / 250 + 1;
  std::size_t noticed = 0;
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    replace_file(host(), file.path, damaged);
    try {
      const std::unique_ptr<ColdStore> restored = imported(old);
      EXPECT_EQ(scan(*restored), rows) << "byte " << i;
    } catch (const Error& error) {
      ++noticed;
      EXPECT_THAT(error.what(), names(file)) << "byte " << i;
    }
  }
  EXPECT_GT(noticed, bytes.size() / step / 2);
}

// Everything at once, against a map.
TEST_P(ColdStoreContract, DoesWhatAMapDoesUnderRandomChanges) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    std::mt19937 random(seed);
    const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
    store_ = another();
    Rows rows;
    for (int step = 0; step < 60; ++step) {
      Changes changes;
      for (unsigned i = below(40); i > 0; --i) {
        std::optional<std::string>& value = changes[row_key(0, std::nullopt, below(200), below(4))];
        if (below(3) != 0) value = std::to_string(random());
      }
      ingest(*store_, changes);
      change(changes, rows);
      if (below(10) == 0) store_ = imported(exported(*store_));
      const std::string from = row_key(0, std::nullopt, below(200), below(4));
      const Rows expected(rows.lower_bound(from), rows.end());
      ASSERT_EQ(scan(*store_, from), expected) << "seed " << seed << ", step " << step;
      const auto row = rows.find(from);
      const auto value = row != rows.end() ? std::optional(row->second) : std::nullopt;
      ASSERT_EQ(store_->multi_get({from}).front(), value) << "seed " << seed << ", step " << step;
    }
    EXPECT_EQ(scan(*store_), rows);
  }
}

}  // namespace
}  // namespace weir::state
