#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/cluster/exchange_door.h"
#include "weir/runtime/exchange.h"

namespace weir::cluster {

/// Connects the exchange of one attempt with those of the job's other processes, one connection for each pair, until it
/// is destroyed: then the exchange hears nothing any more. Thread: control loop.
class ExchangeConnections {
 public:
  /// A connection cannot be made, or is gone: so is the process at its other end, or the attempt is over there. For
  /// each connection at most once.
  using Lost = std::function<void(const std::string& why)>;

  /// Processes of higher numbers are connected to, those of lower ones come to `door`. Requires: `host`, `door` and
  /// `exchange` outlive it.
  ExchangeConnections(Host& host, ExchangeDoor& door, std::uint64_t turn, const std::vector<ExchangeAddress>& addresses,
                      runtime::Exchange& exchange, Lost lost);
  ~ExchangeConnections();
  ExchangeConnections(const ExchangeConnections&) = delete;
  ExchangeConnections& operator=(const ExchangeConnections&) = delete;

 private:
  void connect(Host& host, std::uint32_t process, ExchangeAddress to, const ExchangeHello& hello);
  void attach(std::uint32_t process, const std::shared_ptr<ExchangeLink>& link);

  ExchangeDoor& door_;
  const std::uint64_t turn_;
  runtime::Exchange& exchange_;
  const Lost lost_;
  std::vector<std::shared_ptr<ExchangeLink>> links_;  ///< by process
  std::shared_ptr<ExchangeConnections*> self_;
};

}  // namespace weir::cluster
