#include "weir/core/batch.h"

namespace weir {

BatchBase::BatchBase(std::size_t capacity)
    : capacity_(capacity), timestamps_(new Timestamp[capacity]), hashes_(new std::uint64_t[capacity]) {
  WEIR_CHECK(capacity > 0);
}

}  // namespace weir
