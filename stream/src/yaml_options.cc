#include "yaml_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "weir/core/error.h"
#include "weir/stream/configuration.h"

#include "nearest.h"

namespace weir::detail {

namespace {

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {}

  std::vector<YamlOption> read(const std::string& text) {
    const std::vector<YAML::Node> documents = load(text);
    if (documents.size() > 1) fail(documents[1], "a second document: options stand in one");
    if (!documents.empty() && !documents[0].IsNull()) read_map(documents[0], "");
    return std::move(options_);
  }

 private:
  std::vector<YAML::Node> load(const std::string& text) const {
    try {
      return YAML::LoadAll(text);
    } catch (const YAML::Exception& error) {
      throw UsageError(fmt::format("{}:{}: {}", path_, error.mark.line + 1, error.msg));
    }
  }

  void read_map(const YAML::Node& map, const std::string& prefix) {
    if (!map.IsMap()) fail(map, "expected lines of the form 'key: value'");
    for (const auto& entry : map) {
      if (!entry.first.IsScalar()) fail(entry.first, "a key must be a plain word");
      const std::string key = prefix + entry.first.Scalar();
      if (entry.second.IsMap()) {
        check_group(entry.first, key);
        read_map(entry.second, key + ".");
      } else {
        add(entry.first, key, entry.second);
      }
    }
  }

  // Known groups are finite, so a map that contains itself by an alias ends here.
  void check_group(const YAML::Node& at, const std::string& key) const {
    std::vector<std::string> groups;
    for (const ConfigurationOption& option : configuration_options())
      for (auto dot = option.key.find('.'); dot != std::string::npos; dot = option.key.find('.', dot + 1))
        groups.push_back(option.key.substr(0, dot));
    if (std::find(groups.begin(), groups.end(), key) != groups.end()) return;
    fail(at, fmt::format("unknown group of keys '{}'{}", key, did_you_mean(key, groups)));
  }

  void add(const YAML::Node& at, const std::string& key, const YAML::Node& value) {
    const ConfigurationOption* option = find_option(key).option;
    if (option == nullptr) {
      std::vector<std::string> keys;
      for (const ConfigurationOption& candidate : configuration_options())
        if (candidate.in_file) keys.push_back(candidate.key);
      fail(at, fmt::format("unknown key '{}'{}", key, did_you_mean(key, keys)));
    }
    if (!option->in_file)
      fail(at, fmt::format("'{}' cannot stand in a file: use the flag --weir.{} or the variable {}", key, key,
                           variable_name(key)));
    for (const YamlOption& other : options_)
      if (other.key == key) fail(at, fmt::format("'{}' stands in line {} already: leave one out", key, other.line));
    if (value.IsNull()) fail(at, fmt::format("'{}' has no value: it needs {}", key, option->allowed));
    if (!value.IsScalar()) fail(at, fmt::format("'{}' has a list as its value: it needs {}", key, option->allowed));
    options_.push_back({key, value.Scalar(), at.Mark().line + 1});
  }

  [[noreturn]] void fail(const YAML::Node& at, const std::string& what) const {
    throw UsageError(fmt::format("{}:{}: {}", path_, at.Mark().line + 1, what));
  }

  const std::string& path_;
  std::vector<YamlOption> options_;
};

}  // namespace

std::vector<YamlOption> read_yaml_options(const std::string& path, const std::string& text) {
  return Reader(path).read(text);
}

}  // namespace weir::detail
