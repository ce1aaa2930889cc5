#include "embedded_page.h"

#include <future>
#include <utility>

#include <fmt/format.h>

#include "weir/checkpoint/layout.h"
#include "weir/cluster/web_directory.h"
#include "weir/core/error.h"
#include "weir/host/daemon.h"

namespace weir::detail {

namespace {

EmbeddedView::Configuration shown_configuration(const Configuration& configuration) {
  EmbeddedView::Configuration shown;
  for (const ConfigurationOption& option : configuration_options())
    if (std::string value = option.show(configuration); !value.empty())
      shown.emplace_back("weir." + option.key, std::move(value));
  return shown;
}

/// The same as the name of its checkpoints' directory.
cluster::JobId job_id(const std::string& name, const Configuration& configuration) {
  return checkpoint::job_directory_name(configuration.checkpoints.job.empty() ? name : configuration.checkpoints.job);
}

/// The first line of the file.
std::string read_token(FileSystem& files, const std::string& path) {
  constexpr std::size_t kLongest = 256;
  constexpr std::size_t kShortest = 16;
  if (!files.exists(path))
    throw UsageError(
        fmt::format("--weir.page-token-file: there is no file '{}': make one, such as with 'openssl rand -hex 16 > {}'",
                    path, path));
  std::string token(kLongest + 1, '\0');
  token.resize(files.open_for_read(path)->read_at(0, token.data(), token.size()));
  token.resize(std::min(token.find_first_of("\r\n"), token.size()));
  const bool fits =
      token.size() >= kShortest && token.size() <= kLongest && token.find_first_of(" \t") == std::string::npos;
  if (!fits)
    throw UsageError(
        fmt::format("--weir.page-token-file: the first line of '{}' is no token: it must have {} to {} "
                    "characters and no spaces",
                    path, kShortest, kLongest));
  return token;
}

}  // namespace

EmbeddedPage::EmbeddedPage(Host& host, runtime::LocalJob& job, const std::string& name,
                           const Configuration& configuration)
    : host_(host), view_(host, job, job_id(name, configuration), shown_configuration(configuration)) {
  options_.address.port = static_cast<std::uint16_t>(*configuration.page);
  options_.web_directory = cluster::web_directory(host.files(), host::program_path());
  if (!configuration.page_token_file.empty()) options_.token = read_token(host.files(), configuration.page_token_file);
}

std::string EmbeddedPage::start() {
  std::promise<Address> started;
  host_.post([this, &started] {
    try {
      server_ = std::make_unique<cluster::RestServer>(host_, view_, options_);
      started.set_value(server_->address());
    } catch (const std::exception&) {
      started.set_exception(std::current_exception());
    }
  });
  return "http://" + to_string(started.get_future().get()) + "/";
}

}  // namespace weir::detail
