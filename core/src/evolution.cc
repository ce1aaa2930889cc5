#include "weir/core/evolution.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "weir/core/check.h"
#include "weir/core/detail/codec_support.h"
#include "weir/core/reader.h"

#include "written_value.h"

namespace weir {

namespace {

using Kind = Schema::Kind;

constexpr std::string_view kName = "value of an earlier version";

/// What was written, and how far it has been read.
class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes), in_(bytes) {}

  Reader& in() { return in_; }

  /// Takes a value.
  std::string_view take(const WrittenValue& value) {
    const std::size_t from = in_.offset();
    value.skip(in_);
    return bytes_.substr(from, in_.offset() - from);
  }

 private:
  std::string_view bytes_;
  Reader in_;
};

void gather_customs(const ValueType& type, WrittenValue::Customs& customs) {
  if (type.skip != nullptr) customs.emplace(type.schema.type, type.skip);
  for (const ValueType& part : type.parts) gather_customs(part, customs);
  if (type.older != nullptr) gather_customs(type.older->type, customs);
}

}  // namespace

/// What is done to a part.
struct Evolution::Step {
  enum class Kind : std::uint8_t {
    kCopy,
    kStruct,
    kParts,     ///< one after the other
    kOptional,  ///< steps: value
    kVariant,   ///< steps: for each alternative of before
    kEach,      ///< with their number in front; steps: of an element, or of key and value
    kMigrate,   ///< steps: from what was written to a value of `older`
  };

  /// A field of now: that of before with that number, changed by steps[from]; or a new one.
  struct Field {
    std::optional<std::size_t> from;
    std::string fresh = {};
  };

  Kind kind = Kind::kCopy;
  std::optional<WrittenValue> written;  ///< of a copy, and of what is migrated
  std::vector<Step> steps = {};         ///< kStruct: of the fields of before, also those that are forgotten
  std::vector<Field> fields = {};       ///< kStruct: in their order of now
  std::shared_ptr<const OlderType> older = nullptr;

  void run(Source& from, std::string& out) const;
  void run_struct(Source& from, std::string& out) const;
};

void Evolution::Step::run(Source& from, std::string& out) const {
  switch (kind) {
    case Kind::kCopy:
      out += from.take(*written);
      return;
    case Kind::kStruct:
      return run_struct(from, out);
    case Kind::kParts:
      for (const Step& step : steps) step.run(from, out);
      return;
    case Kind::kOptional: {
      const bool there = detail::decode_flag(from.in(), kName);
      out += there ? '\1' : '\0';
      if (there) steps.front().run(from, out);
      return;
    }
    case Kind::kVariant: {
      const std::uint64_t index = from.in().varint(kName);
      if (index >= steps.size()) from.in().fail(kName, "has an alternative that does not exist");
      detail::append_varint(out, index);
      steps[index].run(from, out);
      return;
    }
    case Kind::kEach: {
      std::size_t count = from.in().count(steps.size(), kName);
      detail::append_varint(out, count);
      for (; count > 0; --count)
        for (const Step& step : steps) step.run(from, out);
      return;
    }
    case Kind::kMigrate: {
      std::string old;
      steps.front().run(from, old);
      older->migrate(old, out);
      return;
    }
  }
}

void Evolution::Step::run_struct(Source& from, std::string& out) const {
  std::vector<std::string_view> before;
  before.reserve(steps.size());
  for (const Step& step : steps) before.push_back(from.take(*step.written));
  for (const Field& field : fields) {
    if (!field.from) {
      out += field.fresh;
      continue;
    }
    Source of(before[*field.from]);
    steps[*field.from].run(of, out);
  }
}

/// Finds out what is to be done, from the outside in.
class EvolutionPlanner {
 public:
  using Step = Evolution::Step;
  using StepKind = Step::Kind;

  explicit EvolutionPlanner(const ValueType& now) { gather_customs(now, customs_); }

  /// A way that was found, or why there is none.
  struct Way {
    Step step = {};
    std::vector<std::string> changes = {};
    std::size_t forgotten = 0;  ///< fields
    std::string refusal = {};

    bool found() const { return refusal.empty(); }
    bool copies() const { return found() && step.kind == StepKind::kCopy; }
  };

  Way plan(const Schema& written, const ValueType& now, const std::string& path) const;

 private:
  static std::string field_path(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
  }
  /// "field 'a.b'", or what the value as a whole is called.
  static std::string said(const std::string& path) {
    return path.empty() ? std::string("the value") : fmt::format("field '{}'", path);
  }
  static Way refused(const std::string& path, const Schema& written, const Schema& now) {
    return {{}, {}, 0, fmt::format("{} was {} and is {}", said(path), to_string(written), to_string(now))};
  }

  Way copy(const Schema& written) const {
    Way way;
    way.step.written.emplace(written, customs_);
    return way;
  }
  Way by_parts(const Schema& written, const ValueType& now, const std::string& path) const;
  Way plan_struct(const Schema& written, const ValueType& now, const std::string& path) const;
  Way plan_parts(StepKind kind, const Schema& written, const ValueType& now, const std::string& path) const;
  Way plan_keyed(const Schema& written, const ValueType& now, const std::string& path) const;
  Way through_older(const Schema& written, const ValueType& now, const std::string& path) const;

  WrittenValue::Customs customs_;
};

EvolutionPlanner::Way EvolutionPlanner::plan(const Schema& written, const ValueType& now,
                                             const std::string& path) const {
  if (written == now.schema) return copy(written);
  Way direct = by_parts(written, now, path);
  if (now.older == nullptr) return direct;
  Way older = through_older(written, now, path);
  for (const OlderType* each = now.older.get(); each != nullptr; each = each->type.older.get())
    if (each->type.schema == written && older.found()) return older;
  if (!direct.found()) return older.found() ? older : direct;
  return older.found() && older.forgotten < direct.forgotten ? older : direct;
}

EvolutionPlanner::Way EvolutionPlanner::through_older(const Schema& written, const ValueType& now,
                                                      const std::string& path) const {
  Way way = plan(written, now.older->type, path);
  if (!way.found()) return way;
  Step migrate{StepKind::kMigrate, std::nullopt};
  migrate.older = now.older;
  if (const WrittenValue whole(written, customs_); whole.unknown().empty()) migrate.written = whole;
  migrate.steps.push_back(std::move(way.step));
  way.step = std::move(migrate);
  way.changes.push_back(fmt::format("{} is migrated from {} to {}", said(path), now.older->type.schema.type,
                                    now.schema.type.empty() ? to_string(now.schema) : now.schema.type));
  return way;
}

EvolutionPlanner::Way EvolutionPlanner::by_parts(const Schema& written, const ValueType& now,
                                                 const std::string& path) const {
  if (written.kind != now.schema.kind) return refused(path, written, now.schema);
  const bool same_number = written.parts.size() == now.schema.parts.size();
  switch (written.kind) {
    case Kind::kScalar:
    case Kind::kProtobuf:
    case Kind::kCustom:
      return refused(path, written, now.schema);
    case Kind::kStruct:
      return plan_struct(written, now, path);
    case Kind::kOptional:
      return plan_parts(StepKind::kOptional, written, now, path);
    case Kind::kVariant:
      if (written.parts.size() > now.schema.parts.size()) return refused(path, written, now.schema);
      return plan_parts(StepKind::kVariant, written, now, path);
    case Kind::kTuple:
      if (!same_number || written.parts.empty()) return refused(path, written, now.schema);
      return plan_parts(StepKind::kParts, written, now, path);
    case Kind::kArray:
      if (written.type != now.schema.type || written.type == "0") return refused(path, written, now.schema);
      return plan_parts(StepKind::kParts, written, now, path);
    case Kind::kList:
      return plan_parts(StepKind::kEach, written, now, path);
    case Kind::kSet:
    case Kind::kMap:
      return plan_keyed(written, now, path);
  }
  return refused(path, written, now.schema);
}

EvolutionPlanner::Way EvolutionPlanner::plan_struct(const Schema& written, const ValueType& now,
                                                    const std::string& path) const {
  if (written.parts.empty() || now.schema.parts.empty()) return refused(path, written, now.schema);
  Way way;
  way.step.kind = StepKind::kStruct;
  way.step.fields.resize(now.schema.parts.size());
  bool alike = written.parts.size() == now.schema.parts.size();
  for (std::size_t i = 0; i < written.parts.size(); ++i) {
    const SchemaPart& before = written.parts[i];
    const std::string at = field_path(path, before.name);
    WrittenValue value(before.schema, customs_);
    std::size_t j = 0;
    while (j < now.schema.parts.size() && now.schema.parts[j].name != before.name) ++j;
    Way part;
    if (j == now.schema.parts.size()) {
      part.forgotten = 1;
      part.changes.push_back(fmt::format("field '{}' is forgotten", at));
      alike = false;
    } else {
      part = plan(before.schema, now.parts[j], at);
      if (!part.found()) return part;
      alike = alike && i == j && part.copies();
      way.step.fields[j].from = i;
    }
    if (!value.unknown().empty())
      part.refusal =
          fmt::format("field '{}' was written by the Codec of '{}', which this job does not have", at, value.unknown());
    // Alone it could be copied; between others its end must be known.
    if (!part.found() && way.refusal.empty()) way.refusal = part.refusal;
    part.step.written = std::move(value);
    way.forgotten += part.forgotten;
    std::move(part.changes.begin(), part.changes.end(), std::back_inserter(way.changes));
    way.step.steps.push_back(std::move(part.step));
  }
  if (alike) return copy(written);
  if (std::none_of(way.step.fields.begin(), way.step.fields.end(),
                   [](const Step::Field& field) { return field.from.has_value(); }))
    return {{},
            {},
            0,
            fmt::format("{} has no field of before any more: it was {} and is {}", said(path), to_string(written),
                        to_string(now.schema))};
  for (std::size_t j = 0; j < way.step.fields.size(); ++j) {
    Step::Field& field = way.step.fields[j];
    if (field.from) continue;
    now.append_default(j, field.fresh);
    way.changes.push_back(fmt::format("field '{}' is new", field_path(path, now.schema.parts[j].name)));
  }
  if (way.changes.empty()) way.changes.push_back(fmt::format("the fields of {} stand in another order", said(path)));
  return way;
}

EvolutionPlanner::Way EvolutionPlanner::plan_parts(StepKind kind, const Schema& written, const ValueType& now,
                                                   const std::string& path) const {
  Way way;
  way.step.kind = kind;
  bool alike = true;
  for (std::size_t i = 0; i < written.parts.size(); ++i) {
    const bool numbered = written.kind == Kind::kTuple || written.kind == Kind::kVariant;
    Way part = plan(written.parts[i].schema, now.parts[i], numbered ? field_path(path, written.parts[i].name) : path);
    if (!part.found()) return part;
    alike = alike && part.copies();
    way.forgotten += part.forgotten;
    std::move(part.changes.begin(), part.changes.end(), std::back_inserter(way.changes));
    way.step.steps.push_back(std::move(part.step));
  }
  if (alike) return copy(written);
  if (written.kind == Kind::kArray) {
    const std::size_t elements = std::stoul(written.type);
    const Step element = way.step.steps.front();
    way.step.steps.assign(elements, element);
  }
  for (const Step& step : way.step.steps) {
    if (step.kind != StepKind::kCopy || step.written->unknown().empty()) continue;
    way.refusal = fmt::format("{} was written by the Codec of '{}', which this job does not have", said(path),
                              step.written->unknown());
  }
  return way;
}

EvolutionPlanner::Way EvolutionPlanner::plan_keyed(const Schema& written, const ValueType& now,
                                                   const std::string& path) const {
  // Their keys are sorted by their bytes, and told apart by them.
  if (!plan(written.parts.front().schema, now.parts.front(), path).copies()) return refused(path, written, now.schema);
  if (written.kind == Kind::kSet) return copy(written);
  return plan_parts(StepKind::kEach, written, now, path);
}

Evolution::Evolution(const Schema& written, const ValueType& now) {
  EvolutionPlanner::Way way = EvolutionPlanner(now).plan(written, now, "");
  refusal_ = std::move(way.refusal);
  compatibility_ = !refusal_.empty()                    ? Compatibility::kRefused
                   : way.step.kind == Step::Kind::kCopy ? Compatibility::kAsIs
                                                        : Compatibility::kMigrated;
  if (compatibility_ == Compatibility::kMigrated) changes_ = std::move(way.changes);
  step_ = std::make_unique<const Step>(std::move(way.step));
}

Evolution::~Evolution() = default;
Evolution::Evolution(Evolution&&) noexcept = default;
Evolution& Evolution::operator=(Evolution&&) noexcept = default;

void Evolution::migrate(std::string_view old, std::string& out) const {
  WEIR_CHECK(compatibility_ != Compatibility::kRefused, refusal_);
  if (compatibility_ == Compatibility::kAsIs) {
    out += old;
    return;
  }
  Source from(old);
  step_->run(from, out);
  if (from.in().remaining() != 0) from.in().fail(kName, "ends before its bytes do");
}

std::string explain_refusal(const Evolution& evolution, const Schema& written, const Schema& now) {
  return fmt::format(
      "the values in the checkpoint have another schema, and {}:\n{}Write a weir::Migration that makes new "
      "values of old ones, or give the state another name",
      evolution.refusal(), difference(written, now));
}

}  // namespace weir
