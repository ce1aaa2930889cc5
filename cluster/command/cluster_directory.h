#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/files.h"
#include "weir/core/network.h"
#include "weir/host/tls_host.h"

namespace weir::cluster {

/// Which daemon: "jobmanager-0", "taskmanager-3".
struct DaemonName {
  enum class Role : std::uint8_t { kJobManager, kTaskManager };
  Role role = Role::kJobManager;
  std::uint32_t number = 0;
};
std::string to_string(const DaemonName& name);

/// Where a cluster keeps what: log/ for people, .weir-cluster/ for itself.
///
/// Calls block. Errors: as FileSystem's.
class ClusterDirectory {
 public:
  /// `root`: --dir; relative to the working directory.
  ClusterDirectory(FileSystem& files, const std::string& root);

  const std::string& root() const { return root_; }
  std::string state() const { return root_ + "/.weir-cluster"; }
  std::string uploads() const { return state() + "/uploads"; }
  std::string log_directory() const { return root_ + "/log"; }
  std::string log_file(const DaemonName& name) const { return file_of(name, "log"); }
  std::string out_file(const DaemonName& name) const { return file_of(name, "out"); }
  /// Locked by the daemon as long as it runs; holds its process id.
  std::string lock_file(const DaemonName& name) const { return state() + "/" + to_string(name) + ".pid"; }

  void make() const;

  /// The process that runs this daemon; nothing: none does.
  std::optional<std::uint64_t> running(const DaemonName& name) const;
  /// TaskManagers whose processes run, by number.
  std::vector<std::uint32_t> running_task_managers() const;

  // Facts that daemons leave for commands; nothing where there are none.
  std::optional<std::string> token() const { return read("token"); }
  std::optional<std::string> id() const { return read("id"); }
  std::optional<Address> rest_address() const { return read_address("rest"); }
  std::optional<Address> control_address() const { return read_address("control"); }
  /// Of the JobManager's connections with TaskManagers; nothing: they are not TLS.
  std::optional<host::TlsFiles> internal_tls() const;
  /// What commands check the page's certificate with; "": the system's CAs; nothing: the page is not TLS.
  std::optional<std::string> rest_ca() const { return read("tls-rest-ca"); }
  /// The page's address for a browser; empty: there is none.
  std::string page_url() const;
  void write_secret(const std::string& name, const std::string& text) const;
  void write_address(const std::string& name, const Address& address) const;
  void write_tls(const std::optional<host::TlsFiles>& internal, const std::optional<host::TlsFiles>& rest) const;

 private:
  std::string file_of(const DaemonName& name, const char* ending) const;
  std::optional<std::string> read(const std::string& name) const;
  std::optional<Address> read_address(const std::string& name) const;
  void write(const std::string& name, const std::optional<std::string>& text) const;

  FileSystem& files_;
  const std::string root_;
};

/// "host:port". Errors: UsageError naming the flag.
Address parse_address(const std::string& flag, const std::string& text);

}  // namespace weir::cluster
