#include "weir/cluster/messages.h"

#include <array>
#include <limits>

#include "weir/core/error.h"

#include "wire.pb.h"

namespace weir::cluster {
namespace {

// ---- to protobuf ------------------------------------------------------------------------------------------------

void put(const WorkerName& from, wire::Attempt& to) {
  to.set_job(from.job);
  to.set_attempt(from.attempt);
}

void put(const Hello& from, wire::Message& message) {
  wire::Hello& to = *message.mutable_hello();
  to.set_version(from.version);
  to.set_cluster(from.cluster);
  to.set_token(from.token);
  to.set_node(from.node);
  to.set_incarnation(from.incarnation);
  to.set_slots(from.slots);
  to.set_cores(from.cores);
  to.set_physical_memory(from.physical_memory);
  to.set_process_id(from.process_id);
  to.set_host(from.host);
  to.set_log_file(from.log_file);
  to.set_stdout_file(from.stdout_file);
  for (const WorkerName& worker : from.running) put(worker, *to.add_running());
}

void put(const Welcome& from, wire::Message& message) {
  wire::Welcome& to = *message.mutable_welcome();
  to.set_version(from.version);
  to.set_cluster(from.cluster);
  to.set_incarnation(from.incarnation);
}

void put(const Refused& from, wire::Message& message) { message.mutable_refused()->set_reason(from.reason); }

void put(const Heartbeat& from, wire::Message& message) {
  auto& to = *message.mutable_heartbeat();
  to.set_used_memory(from.used_memory);
  to.set_number(from.number);
  to.set_answers(from.answers);
}

void put(const StartWorker& from, wire::Message& message) {
  wire::StartWorker& to = *message.mutable_start_worker();
  put(from.worker, *to.mutable_attempt());
  to.set_program(from.program);
  for (const std::string& argument : from.arguments) to.add_arguments(argument);
  to.set_directory(from.directory);
  for (const auto& [name, value] : from.variables) {
    wire::Variable& variable = *to.add_variables();
    variable.set_name(name);
    variable.set_value(value);
  }
  to.set_slots(from.slots);
}

void put(const StopWorker& from, wire::Message& message) {
  put(from.worker, *message.mutable_stop_worker()->mutable_attempt());
}

void put(const JobCommand& from, wire::Message& message) {
  wire::JobCommand& to = *message.mutable_job_command();
  put(from.worker, *to.mutable_attempt());
  to.set_kind(static_cast<wire::JobCommand::Kind>(from.kind));
  to.set_trigger(from.trigger);
  to.set_directory(from.directory);
}

void put(const CommandResult& from, wire::Message& message) {
  wire::CommandResult& to = *message.mutable_command_result();
  put(from.worker, *to.mutable_attempt());
  to.set_trigger(from.trigger);
  to.set_location(from.location);
  to.set_failure(from.failure);
}

void put(const JobReport& from, wire::Message& message) {
  wire::JobReport& to = *message.mutable_job_report();
  put(from.worker, *to.mutable_attempt());
  to.set_status(from.status);
}

void put(const JobEnded& from, wire::Message& message) {
  wire::JobEnded& to = *message.mutable_job_ended();
  put(from.worker, *to.mutable_attempt());
  to.set_status(from.status);
}

void put(const WorkerEnded& from, wire::Message& message) {
  wire::WorkerEnded& to = *message.mutable_worker_ended();
  put(from.worker, *to.mutable_attempt());
  to.set_what(from.what);
  to.set_last_words(from.last_words);
  to.set_on_purpose(from.on_purpose);
  to.set_in_order(from.in_order);
}

void put(const WorkerReady& from, wire::Message& message) {
  wire::WorkerReady& to = *message.mutable_worker_ready();
  put(from.worker, *to.mutable_attempt());
  to.set_host(from.host);
  to.set_port(from.port);
}

void put(const JoinJob& from, wire::Message& message) {
  wire::JoinJob& to = *message.mutable_join_job();
  put(from.worker, *to.mutable_attempt());
  to.set_secret(from.secret);
  to.set_process(from.process);
  to.set_exchange_host(from.exchange_host);
  to.set_exchange_port(from.exchange_port);
  to.set_exchange_here(from.exchange_here);
}

void put(const JobTalkBytes& from, wire::Message& message) { message.mutable_job_talk()->set_bytes(from.bytes); }

// ---- from protobuf ----------------------------------------------------------------------------------------------

WorkerName worker_of(const wire::Attempt& from) { return {from.job(), from.attempt()}; }

std::uint16_t port_of(std::uint32_t number) {
  if (number > std::numeric_limits<std::uint16_t>::max())
    throw ExternalError("a port that does not exist, " + std::to_string(number));
  return static_cast<std::uint16_t>(number);
}

Hello get(const wire::Hello& from) {
  Hello to;
  to.version = from.version();
  to.cluster = from.cluster();
  to.token = from.token();
  to.node = from.node();
  to.incarnation = from.incarnation();
  to.slots = from.slots();
  to.cores = from.cores();
  to.physical_memory = from.physical_memory();
  to.process_id = from.process_id();
  to.host = from.host();
  to.log_file = from.log_file();
  to.stdout_file = from.stdout_file();
  for (const wire::Attempt& worker : from.running()) to.running.push_back(worker_of(worker));
  return to;
}

StartWorker get(const wire::StartWorker& from) {
  StartWorker to;
  to.worker = worker_of(from.attempt());
  to.program = from.program();
  to.arguments = {from.arguments().begin(), from.arguments().end()};
  to.directory = from.directory();
  for (const wire::Variable& variable : from.variables()) to.variables.emplace_back(variable.name(), variable.value());
  to.slots = from.slots();
  return to;
}

JobCommand get(const wire::JobCommand& from) {
  if (!wire::JobCommand::Kind_IsValid(from.kind()))
    throw ExternalError("a command of an unknown kind, " + std::to_string(from.kind()));
  return {worker_of(from.attempt()), static_cast<JobCommand::Kind>(from.kind()), from.trigger(), from.directory()};
}

}  // namespace

std::string_view name_of(const Message& message) {
  constexpr std::array<std::string_view, std::variant_size_v<Message>> kNames{
      "Hello",         "Welcome",   "Refused",  "Heartbeat",   "StartWorker", "StopWorker", "JobCommand",
      "CommandResult", "JobReport", "JobEnded", "WorkerEnded", "WorkerReady", "JoinJob",    "JobTalk"};
  return kNames[message.index()];
}

std::string encode_message(const Message& message) {
  wire::Message out;
  std::visit([&](const auto& from) { put(from, out); }, message);
  return out.SerializeAsString();
}

Message decode_message(std::string_view bytes) {
  wire::Message in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    throw ExternalError("bytes that are no message");
  switch (in.kind_case()) {
    case wire::Message::kHello:
      return get(in.hello());
    case wire::Message::kWelcome:
      return Welcome{in.welcome().version(), in.welcome().cluster(), in.welcome().incarnation()};
    case wire::Message::kRefused:
      return Refused{in.refused().reason()};
    case wire::Message::kHeartbeat:
      return Heartbeat{in.heartbeat().used_memory(), in.heartbeat().number(), in.heartbeat().answers()};
    case wire::Message::kStartWorker:
      return get(in.start_worker());
    case wire::Message::kStopWorker:
      return StopWorker{worker_of(in.stop_worker().attempt())};
    case wire::Message::kJobCommand:
      return get(in.job_command());
    case wire::Message::kCommandResult:
      return CommandResult{worker_of(in.command_result().attempt()), in.command_result().trigger(),
                           in.command_result().location(), in.command_result().failure()};
    case wire::Message::kJobReport:
      return JobReport{worker_of(in.job_report().attempt()), in.job_report().status()};
    case wire::Message::kJobEnded:
      return JobEnded{worker_of(in.job_ended().attempt()), in.job_ended().status()};
    case wire::Message::kWorkerEnded:
      return WorkerEnded{worker_of(in.worker_ended().attempt()), in.worker_ended().what(),
                         in.worker_ended().last_words(), in.worker_ended().on_purpose(), in.worker_ended().in_order()};
    case wire::Message::kWorkerReady:
      return WorkerReady{worker_of(in.worker_ready().attempt()), in.worker_ready().host(),
                         port_of(in.worker_ready().port())};
    case wire::Message::kJoinJob:
      return JoinJob{worker_of(in.join_job().attempt()),
                     in.join_job().secret(),
                     in.join_job().process(),
                     in.join_job().exchange_host(),
                     port_of(in.join_job().exchange_port()),
                     in.join_job().exchange_here()};
    case wire::Message::kJobTalk:
      return JobTalkBytes{std::move(*in.mutable_job_talk()->mutable_bytes())};
    case wire::Message::KIND_NOT_SET:
      break;
  }
  throw ExternalError("a message of an unknown kind");
}

}  // namespace weir::cluster
