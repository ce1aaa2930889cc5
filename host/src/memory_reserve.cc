#include "memory_reserve.h"

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

namespace weir::host {
namespace {

constexpr std::size_t kReserve = 4 * 1024 * 1024;

/// Null: given back.
std::atomic<std::byte*> reserve{nullptr};

thread_local bool works_on_records = false;

void give_reserve_back() {
  std::byte* kept = works_on_records ? nullptr : reserve.exchange(nullptr);
  if (kept == nullptr) throw std::bad_alloc();
  delete[] kept;
}

}  // namespace

void keep_memory_reserve() {
  if (std::get_new_handler() == nullptr) std::set_new_handler(give_reserve_back);
  if (reserve.load() != nullptr) return;
  auto fresh = std::make_unique_for_overwrite<std::byte[]>(kReserve);
  std::byte* none = nullptr;
  if (reserve.compare_exchange_strong(none, fresh.get())) fresh.release();
}

WorksOnRecords::WorksOnRecords() { works_on_records = true; }
WorksOnRecords::~WorksOnRecords() { works_on_records = false; }

}  // namespace weir::host
