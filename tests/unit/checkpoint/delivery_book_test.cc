#include "weir/checkpoint/delivery_book.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::checkpoint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

StagedOutput output(std::uint64_t checkpoint, const std::string& handle) {
  return {CheckpointId(checkpoint), SubtaskIndex(0), handle};
}

std::vector<SinkOutputs> files(StagedOutputs outputs) { return {{"files", std::move(outputs)}}; }

/// Completes a checkpoint as the coordinator does, and returns what its manifest lists.
std::vector<SinkOutputs> complete(DeliveryBook& book, std::uint64_t checkpoint, const std::vector<SinkOutputs>& told) {
  auto manifest = std::make_shared<Manifest>();
  manifest->checkpoint = CheckpointId(checkpoint);
  manifest->staged = book.to_list(told);
  book.completed(manifest, told);
  return manifest->staged;
}

TEST(DeliveryBook, ListsWhatWritersTellInTheirOrder) {
  DeliveryBook book;
  const auto listed = complete(book, 1, {{"files", {output(1, "a"), output(1, "b")}}, {"files", {output(1, "c")}}});
  EXPECT_THAT(listed, ElementsAre(SinkOutputs{"files", {output(1, "a"), output(1, "b"), output(1, "c")}}));
}

TEST(DeliveryBook, CarriesUndeliveredOutputToTheNextCheckpoint) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  EXPECT_EQ(files({output(1, "a"), output(2, "b")}), complete(book, 2, files({output(2, "b")})));
  EXPECT_EQ(2u, book.undelivered());
}

TEST(DeliveryBook, ListsDeliveredOutputNoMore) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  book.delivered(CheckpointId(1));
  EXPECT_EQ(0u, book.undelivered());
  EXPECT_EQ(files({output(2, "b")}), complete(book, 2, files({output(2, "b")})));
}

TEST(DeliveryBook, ListsOutputOnceThatAWriterTellsAgain) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  EXPECT_EQ(files({output(1, "a"), output(2, "b")}), complete(book, 2, files({output(1, "a"), output(2, "b")})));
}

TEST(DeliveryBook, DoesNotListDeliveredOutputThatAWriterTellsAgain) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  book.delivered(CheckpointId(1));
  EXPECT_EQ(files({output(2, "b")}), complete(book, 2, files({output(1, "a"), output(2, "b")})));
  book.delivered(CheckpointId(2));
  EXPECT_EQ(files({output(3, "c")}), complete(book, 3, files({output(1, "a"), output(3, "c")})));
}

TEST(DeliveryBook, ListsOutputOfACheckpointThatWasNotCompletedWithTheNext) {
  DeliveryBook book;
  EXPECT_EQ(files({output(1, "a"), output(2, "b")}), complete(book, 2, files({output(1, "a"), output(2, "b")})));
}

TEST(DeliveryBook, TakesADeliveryForAllEarlierOnes) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  complete(book, 2, files({output(2, "b")}));
  book.delivered(CheckpointId(2));
  EXPECT_EQ(0u, book.undelivered());
}

TEST(DeliveryBook, KeepsWhatALaterCheckpointAddedUntilThatOneIsDelivered) {
  DeliveryBook book;
  complete(book, 1, files({output(1, "a")}));
  complete(book, 2, files({output(2, "b")}));
  book.delivered(CheckpointId(1));
  EXPECT_EQ(1u, book.undelivered());
  EXPECT_EQ(files({output(2, "b"), output(3, "c")}), complete(book, 3, files({output(3, "c")})));
}

TEST(DeliveryBook, CarriesWhatTheRestoredCheckpointLists) {
  DeliveryBook book;
  auto manifest = std::make_shared<Manifest>();
  manifest->checkpoint = CheckpointId(4);
  manifest->staged = files({output(4, "a")});
  book.restored(manifest);
  EXPECT_EQ(files({output(4, "a"), output(5, "b")}), book.to_list(files({output(5, "b")})));
}

TEST(DeliveryBook, TakesDeliveredOutputOutOfAManifestThatIsRestoredAgain) {
  DeliveryBook book;
  auto manifest = std::make_shared<Manifest>();
  manifest->checkpoint = CheckpointId(4);
  manifest->staged = files({output(4, "a")});
  book.completed(manifest, manifest->staged);
  EXPECT_EQ(manifest, book.without_delivered(manifest));
  book.delivered(CheckpointId(4));
  EXPECT_THAT(book.without_delivered(manifest)->staged, IsEmpty());
  EXPECT_EQ(files({output(4, "a")}), manifest->staged);
}

TEST(DeliveryBook, KeepsSinksApart) {
  DeliveryBook book;
  complete(book, 1, {{"files", {output(1, "a")}}, {"rows", {output(1, "a")}}});
  EXPECT_EQ(2u, book.undelivered());
}

}  // namespace
}  // namespace weir::checkpoint
