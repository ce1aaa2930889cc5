#include "user_code.h"

#include "weir/core/error.h"
#include "weir/core/kill.h"

namespace weir::runtime {

std::exception_ptr failure_of(const std::function<void()>& work) {
  try {
    work();
    return nullptr;
  } catch (const Kill&) {
    throw;
  } catch (const std::exception&) {
    return std::current_exception();
  } catch (...) {
    return std::make_exception_ptr(UserError(
        "user code threw a value that is not a std::exception; throw weir::UserError or another std::exception"));
  }
}

void run_user_code(const std::function<void()>& work) {
  if (const std::exception_ptr error = failure_of(work)) std::rethrow_exception(error);
}

}  // namespace weir::runtime
