#include "weir/state/cold_reads.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"

namespace weir::state {

ColdReads::ColdReads(Host& host, Notifier notifier, std::shared_ptr<ColdStore> cold, DrainBuffer& changes)
    : cold_(std::move(cold)), changes_(changes) {
  changes.remember_ends();
  call_.open(host, std::move(notifier));
}

void ColdReads::want(std::string_view row_key) {
  WEIR_CHECK(request_ == nullptr);
  if (!changes_.ended(row_key)) wanted_.emplace_back(row_key);
}

bool ColdReads::fetch() {
  WEIR_CHECK(request_ == nullptr);
  read_.clear();
  if (wanted_.empty()) return true;
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  request_ = std::make_shared<Request>();
  std::swap(request_->keys, wanted_);
  call_.start([request = request_, cold = cold_] {
    const std::vector<std::string_view> keys(request->keys.begin(), request->keys.end());
    request->rows = cold->multi_get(keys);
  });
  return false;
}

bool ColdReads::fetched() {
  if (request_ == nullptr) return true;
  if (!call_.ready()) return false;
  const std::shared_ptr<Request> request = std::exchange(request_, nullptr);
  counts_.rows_ahead += request->keys.size();
  if (std::exchange(outdated_, false)) return true;
  for (std::size_t i = 0; i < request->keys.size(); ++i)
    read_.emplace(std::move(request->keys[i]), std::move(request->rows[i]));
  return true;
}

const std::string* ColdReads::row(std::string_view row_key) {
  if (changes_.ended(row_key)) return nullptr;
  if (const auto read = read_.find(row_key); read != read_.end()) return read->second ? &*read->second : nullptr;
  ++counts_.rows_at_once;
  last_ = std::move(cold_->multi_get({row_key}).front());
  return last_ ? &*last_ : nullptr;
}

void ColdReads::scan(std::string_view from, std::string_view to, const OnRow& f, const OnEnded& ended) {
  ++counts_.scans;
  cold_->scan_some(from, to, [&](std::string_view key, std::string_view value) {
    return changes_.ended(key) ? ended(key) : f(key, value);
  });
}

void ColdReads::scan(std::string_view from, std::string_view to, const OnRow& f) {
  scan(from, to, f, [](std::string_view) { return true; });
}

std::optional<std::string> ColdReads::last_key(std::string_view from, std::string_view to) {
  ++counts_.scans;
  return cold_->last_key(from, to);
}

void ColdReads::forget() {
  read_.clear();
  outdated_ = request_ != nullptr;
}

void ColdReads::retire() {
  read_ = {};
  wanted_ = {};
  changes_.forget_ends();
}

}  // namespace weir::state
