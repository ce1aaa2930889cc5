#include "cluster_directory.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "weir/core/error.h"
#include "weir/host/daemon.h"

namespace weir::cluster {
namespace {

constexpr std::string_view kTaskManager = "taskmanager-";
constexpr std::string_view kPid = ".pid";

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<Address> address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return std::nullopt;
  const auto port = number_of<std::uint16_t>(std::string_view(text).substr(colon + 1));
  if (!port || *port == 0) return std::nullopt;
  return Address{text.substr(0, colon), *port};
}

}  // namespace

std::string to_string(const DaemonName& name) {
  return fmt::format("{}-{}", name.role == DaemonName::Role::kJobManager ? "jobmanager" : "taskmanager", name.number);
}

ClusterDirectory::ClusterDirectory(FileSystem& files, const std::string& root)
    : files_(files), root_(host::absolute_path(root)) {}

void ClusterDirectory::make() const {
  files_.make_directories(log_directory());
  files_.make_directories(uploads());
}

std::string ClusterDirectory::file_of(const DaemonName& name, const char* ending) const {
  return fmt::format("{}/weir-{}-{}-{}.{}", log_directory(), host::user_name(), to_string(name), host::host_name(),
                     ending);
}

std::optional<std::uint64_t> ClusterDirectory::running(const DaemonName& name) const {
  if (!host::is_locked(lock_file(name))) return std::nullopt;
  return number_of<std::uint64_t>(read(to_string(name) + std::string(kPid)).value_or(""));
}

std::vector<std::uint32_t> ClusterDirectory::running_task_managers() const {
  std::vector<std::uint32_t> numbers;
  if (!files_.exists(state())) return numbers;
  for (const DirectoryEntry& entry : files_.list(state())) {
    std::string_view name = entry.name;
    if (!name.starts_with(kTaskManager) || !name.ends_with(kPid)) continue;
    name.remove_prefix(kTaskManager.size());
    name.remove_suffix(kPid.size());
    const auto number = number_of<std::uint32_t>(name);
    if (number && running({DaemonName::Role::kTaskManager, *number})) numbers.push_back(*number);
  }
  return numbers;
}

std::optional<std::string> ClusterDirectory::read(const std::string& name) const {
  const std::string path = state() + "/" + name;
  if (!files_.exists(path)) return std::nullopt;
  constexpr std::uint64_t kMostBytes = 64 * 1024;
  const auto file = files_.open_for_read(path);
  std::string text(std::min(file->size(), kMostBytes), '\0');
  text.resize(file->read_at(0, text.data(), text.size()));
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

std::optional<Address> ClusterDirectory::read_address(const std::string& name) const {
  return address_of(read(name).value_or(""));
}

void ClusterDirectory::write_secret(const std::string& name, const std::string& text) const {
  // Whole or not at all: an empty secret would keep everybody out for ever.
  const std::string path = state() + "/" + name;
  const std::string unfinished = path + ".new";
  files_.remove(unfinished);
  host::write_private_file(unfinished, text + "\n");
  files_.remove(path);
  files_.rename(unfinished, path);
}

void ClusterDirectory::write_address(const std::string& name, const Address& address) const {
  write(name, weir::to_string(address));
}

void ClusterDirectory::write(const std::string& name, const std::optional<std::string>& text) const {
  const std::string path = state() + "/" + name;
  files_.remove(path);
  if (text) files_.create(path)->append(*text + "\n");
}

std::optional<host::TlsFiles> ClusterDirectory::internal_tls() const {
  const auto text = read("tls-internal");
  if (!text) return std::nullopt;
  const std::size_t first = text->find('\n');
  const std::size_t second = text->find('\n', first + 1);
  if (first == std::string::npos || second == std::string::npos) return std::nullopt;
  return host::TlsFiles{text->substr(0, first), text->substr(first + 1, second - first - 1), text->substr(second + 1)};
}

std::string ClusterDirectory::page_url() const {
  const auto address = rest_address();
  return address ? fmt::format("{}://{}", rest_ca() ? "https" : "http", weir::to_string(*address)) : "";
}

void ClusterDirectory::write_tls(const std::optional<host::TlsFiles>& internal,
                                 const std::optional<host::TlsFiles>& rest) const {
  write("tls-internal",
        internal ? std::optional(fmt::format("{}\n{}\n{}", internal->certificate, internal->key, internal->ca))
                 : std::nullopt);
  write("tls-rest-ca", rest ? std::optional(rest->ca) : std::nullopt);
}

Address parse_address(const std::string& flag, const std::string& text) {
  if (const auto address = address_of(text)) return *address;
  throw UsageError(fmt::format("{}: '{}' is no address: write HOST:PORT", flag, text));
}

}  // namespace weir::cluster
