#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"

#include "rest/json_fields.h"
#include "rest/routes.h"
#include "rest/upload.h"

namespace weir::cluster {
namespace {

/// As Flink has it, the routes are not there where they are off.
void check_on(const ClusterView& view, const RestRequest& request) {
  if (!view.takes_programs())
    throw RestError(404, fmt::format("Not found: {}: this takes no programs", request.http().raw_target));
}

json::object program_json(const UploadedProgram& program) {
  return {{"id", utf8(program.id)},
          {"name", utf8(program.name)},
          {"uploaded", program.uploaded_ms},
          {"entry", json::array{{{"name", utf8(program.name)}, {"description", nullptr}}}}};
}

/// Words of a line, divided by spaces; quotes keep words together, a backslash takes the next character as it is.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (std::exchange(in_word, false)) words.push_back(std::exchange(word, {}));
      continue;
    }
    in_word = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
    } else {
      word += c;
    }
  }
  if (quote != 0) throw RestError(400, "programArgs: a quote is not closed");
  if (in_word) words.push_back(std::move(word));
  return words;
}

void read_options(const json::object& body, std::string_view field, std::string_view prefix, RunRequest& run) {
  for (auto& [key, value] : text_map_field(body, field)) {
    if (!key.starts_with(prefix))
      throw RestError(400, fmt::format("{}: '{}' is no option of Weir: they begin with '{}'", field, key, prefix));
    run.options.emplace_back(key.substr(prefix.size()), value);
  }
}

RunRequest run_request(const RestRequest& request) {
  const json::object body = parse_json_object(request.http().body);
  RunRequest run;
  run.program = request.at("jarid");
  run.arguments = text_list_field(body, "programArgsList");
  if (const auto line = text_field(body, "programArgs"); line && run.arguments.empty()) run.arguments = words_of(*line);
  if (run.arguments.empty()) run.arguments = request.query_list("programArg");
  for (const char* unknown : {"entryClass", "jobId"})
    if (!text_field(body, unknown).value_or("").empty())
      throw RestError(400, fmt::format("{} has no meaning here: leave it out", unknown));
  read_options(body, "options", "", run);
  read_options(body, "flinkConfiguration", "weir.", run);
  auto parallelism = number_field(body, "parallelism");
  if (const auto text = request.query("parallelism"); text && !parallelism)
    run.options.emplace_back("parallelism", *text);
  if (parallelism) run.options.emplace_back("parallelism", std::to_string(*parallelism));
  run.directory = text_field(body, "workingDirectory").value_or("");
  run.savepoint = text_field(body, "savepointPath").value_or(std::string(request.query("savepointPath").value_or("")));
  if (const std::string mode = text_field(body, "claimMode").value_or("NO_CLAIM"); mode == "CLAIM") {
    run.options.emplace_back("claim-mode", "claim");
  } else if (mode != "NO_CLAIM") {
    throw RestError(400, fmt::format("claimMode: '{}' is neither CLAIM nor NO_CLAIM", mode));
  }
  run.allow_non_restored_state =
      flag_field(body, "allowNonRestoredState").value_or(request.query_flag("allowNonRestoredState"));
  return run;
}

}  // namespace

void add_program_routes(Router& router, ClusterView& view, Host& host, const RestOptions& options) {
  if (!options.upload_directory.empty()) remove_left_uploads(host, options.upload_directory);

  router.get("/jars", [&view, &options](const RestRequest& request) {
    check_on(view, request);
    json::array files;
    for (const UploadedProgram& program : view.programs()) files.push_back(program_json(program));
    return json::object{{"address", options.scheme + "://" + to_string(options.address)}, {"files", std::move(files)}};
  });

  router.add({.method = HttpMethod::kPost,
              .pattern = "/jars/upload",
              .access = Access::kChanges,
              .handle_upload =
                  [&view](const RestRequest&, BodySink& sink, const Answer& answer) {
                    auto [name, path] = dynamic_cast<Upload&>(sink).release();
                    view.add_program(name, path, [answer](const UploadedProgram& program, std::exception_ptr error) {
                      answer(error ? response_of(error)
                                   : json_response(200, {{"filename", utf8(program.id)}, {"status", "success"}}));
                    });
                  },
              .sink =
                  [&view, &host, &options](const RestRequest& request) {
                    check_on(view, request);
                    WEIR_CHECK(!options.upload_directory.empty());
                    return std::make_shared<Upload>(host, options.upload_directory, "jarfile",
                                                    request.http().field("content-type").value_or(""));
                  }});

  router.add({.method = HttpMethod::kPost,
              .pattern = "/jars/:jarid/run",
              .access = Access::kChanges,
              .handle = [&view](const RestRequest& request, const Answer& answer) {
                check_on(view, request);
                view.run(run_request(request), [answer](const JobId& job, std::exception_ptr error) {
                  answer(error ? response_of(error) : json_response(200, {{"jobid", job}}));
                });
              }});

  router.add({.method = HttpMethod::kDelete,
              .pattern = "/jars/:jarid",
              .access = Access::kChanges,
              .handle = [&view](const RestRequest& request, const Answer& answer) {
                check_on(view, request);
                if (!view.remove_program(request.at("jarid")))
                  throw RestError(404, fmt::format("there is no program '{}'", request.at("jarid")));
                answer(json_response(200, json::object()));
              }});
}

}  // namespace weir::cluster
