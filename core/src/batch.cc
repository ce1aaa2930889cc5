#include "weir/core/batch.h"

namespace weir {

BatchBase::BatchBase(std::size_t capacity, std::size_t record_bytes)
    : capacity_(capacity),
      record_bytes_(record_bytes + sizeof(Timestamp)),
      timestamps_(new Timestamp[capacity]),
      hashes_(new std::uint64_t[capacity]) {
  WEIR_CHECK(capacity > 0);
}

}  // namespace weir
