#include "services/interaction/domain/record.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"

namespace shoujie::interaction {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Reflection;

// Repeated back to the customer when they are new (R028).
constexpr const char* kReadBack[] = {"customer_name", "phone", "address", "room", "serial_number"};

bool IsPersonal(const FieldDescriptor& field) { return field.message_type() == common::v1::Personal::descriptor(); }

bool Contains(const google::protobuf::RepeatedPtrField<std::string>& list, absl::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void Remove(google::protobuf::RepeatedPtrField<std::string>* list, absl::string_view value) {
  list->erase(std::remove(list->begin(), list->end(), value), list->end());
}

// Strings, bools and enums of `to`, of the same name and kind in `from`.
bool SameScalar(const v1::RecordUpdate& from, const FieldDescriptor& f, const v1::Record& to,
                const FieldDescriptor& t) {
  const Reflection& a = *from.GetReflection();
  const Reflection& b = *to.GetReflection();
  switch (t.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return a.GetBool(from, &f) == b.GetBool(to, &t);
    case FieldDescriptor::CPPTYPE_ENUM:
      return a.GetEnumValue(from, &f) == b.GetEnumValue(to, &t);
    default:
      return a.GetString(from, &f) == b.GetString(to, &t);
  }
}
void CopyScalar(const v1::RecordUpdate& from, const FieldDescriptor& f, v1::Record* to, const FieldDescriptor& t) {
  const Reflection& a = *from.GetReflection();
  const Reflection& b = *to->GetReflection();
  switch (t.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      b.SetBool(to, &t, a.GetBool(from, &f));
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      b.SetEnumValue(to, &t, a.GetEnumValue(from, &f));
      break;
    default:
      b.SetString(to, &t, a.GetString(from, &f));
  }
}

absl::Status CheckUpdate(const v1::RecordUpdate& update, const Reference& reference) {
  const Reflection& reflection = *update.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(update, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) continue;
    const FieldDescriptor* target = v1::Record::descriptor()->FindFieldByName(field->name());
    const std::string text = reflection.GetString(update, field);
    absl::Status status = CheckText(field->name(), text);
    // Region, model and source are words of the centre's own, not codes, but short ones.
    if (status.ok() && !IsPersonal(*target) && text.size() > kCodeBytesMax) status = CheckCode(field->name(), text);
    if (!status.ok()) return status;
  }
  for (const auto& document : update.documents()) {
    if (document.id().empty() || document.version().empty()) {
      return Invalid("DOCUMENT_VERSION",
                     "A document given to the customer needs its id and version (R012). Fill in both.",
                     "提供给客户的资料须注明编号和版本。请填写这两项。");
    }
  }
  for (const auto& [field, id] : {std::pair<absl::string_view, const std::string&>("category", update.category()),
                                  std::pair<absl::string_view, const std::string&>("sub_type", update.sub_type())}) {
    if (!id.empty() && !reference.category(id)) {
      return Invalid("CATEGORY_UNKNOWN", "There is no such category in the directory. Choose one of its tree.",
                     "目录中没有该分类，请从分类树中选择。", {{"field", field}, {"category", id}});
    }
  }
  if (!update.product().empty() && !reference.product(update.product())) {
    return Invalid("PRODUCT_UNKNOWN", "There is no such product in the directory. Choose one of its tree.",
                   "目录中没有该产品，请从产品树中选择。", {{"product", update.product()}});
  }
  if (!update.answerer().empty() && !reference.agent(update.answerer())) {
    return Invalid("AGENT_UNKNOWN", "There is no agent with this job number. Check it in the directory.",
                   "目录中没有该工号，请核对。", {{"agent", update.answerer()}});
  }
  return absl::OkStatus();
}

// Whether the customer gave this text before: the record's, or the number the call came from.
bool IsKnown(const Draft& draft, const FieldDescriptor& target, const std::string& text) {
  const v1::Contact& contact = draft.contact();
  const common::v1::Personal* known = nullptr;
  if (contact.record().GetReflection()->HasField(contact.record(), &target)) {
    known = &static_cast<const common::v1::Personal&>(
        contact.record().GetReflection()->GetMessage(contact.record(), &target));
  } else if (target.name() == "phone" && contact.has_identifier()) {
    known = &contact.identifier();
  }
  if (!known) return false;
  auto opened = draft.context().open(*known);
  return opened.ok() && *opened == text;
}

}  // namespace

absl::Status WriteRecord(Draft& draft, const v1::RecordUpdate& update,
                         const google::protobuf::RepeatedPtrField<std::string>& read_back, absl::Time at,
                         absl::string_view by) {
  if (absl::Status status = CheckUpdate(update, draft.reference()); !status.ok()) return status;
  const v1::Contact& contact = draft.contact();
  const v1::Record& before = contact.record();
  v1::Event event;
  auto* written = event.mutable_record_written();
  *written->mutable_to_read_back() = contact.to_read_back();
  v1::Record* record = written->mutable_record();

  std::vector<const FieldDescriptor*> fields;
  update.GetReflection()->ListFields(update, &fields);
  for (const FieldDescriptor* field : fields) {
    const FieldDescriptor* target = v1::Record::descriptor()->FindFieldByName(field->name());
    if (field->is_repeated()) {  // documents: what was given stays given
      *record->mutable_documents() = before.documents();
      for (const auto& document : update.documents()) {
        if (absl::Status status = CheckRoom(record->documents_size()); !status.ok()) return status;
        *record->add_documents() = document;
      }
      written->add_changed(field->name());
    } else if (IsPersonal(*target)) {
      const std::string text = update.GetReflection()->GetString(update, field);
      const bool had = before.GetReflection()->HasField(before, target);
      if (text.empty()) {
        if (had) written->add_cleared(field->name());
        Remove(written->mutable_to_read_back(), field->name());
        continue;
      }
      const bool known = IsKnown(draft, *target, text);
      if (known && had) continue;
      static_cast<common::v1::Personal*>(record->GetReflection()->MutableMessage(record, target))->set_plain(text);
      written->add_changed(field->name());
      const bool asked = std::find(std::begin(kReadBack), std::end(kReadBack), field->name()) != std::end(kReadBack);
      if (asked && !known && !Contains(written->to_read_back(), field->name())) {
        written->add_to_read_back(field->name());
      }
    } else if (!SameScalar(update, *field, before, *target)) {
      CopyScalar(update, *field, record, *target);
      written->add_changed(field->name());
    }
  }

  for (const auto& field : read_back) {
    if (!v1::Record::descriptor()->FindFieldByName(field)) {
      return Invalid("FIELD_UNKNOWN", "`read_back` names fields of the record. Check the spelling.",
                     "read_back 须为记录表的字段名，请核对。", {{"field", field}});
    }
    const bool asked = Contains(written->to_read_back(), field);
    const bool done = std::any_of(contact.read_backs().begin(), contact.read_backs().end(),
                                  [&](const auto& one) { return one.field() == field; });
    if (!asked && done) continue;
    written->add_read_back(field);
    Remove(written->mutable_to_read_back(), field);
  }
  if (written->changed().empty() && written->cleared().empty() && written->read_back().empty()) {
    return absl::OkStatus();
  }
  *written->mutable_at() = ToProto(at);
  written->set_by(std::string(by));
  written->set_version(contact.record_version() + 1);
  draft.Add(std::move(event));
  return absl::OkStatus();
}

void ApplyRecord(v1::Record& record, const v1::RecordWritten& written) {
  const Reflection& reflection = *record.GetReflection();
  for (const auto& name : written.cleared()) {
    if (const auto* field = v1::Record::descriptor()->FindFieldByName(name)) reflection.ClearField(&record, field);
  }
  for (const auto& name : written.changed()) {
    const auto* field = v1::Record::descriptor()->FindFieldByName(name);
    if (!field) continue;
    reflection.ClearField(&record, field);
    const v1::Record& from = written.record();
    if (field->is_repeated()) {
      *record.mutable_documents() = from.documents();
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      reflection.MutableMessage(&record, field)->CopyFrom(reflection.GetMessage(from, field));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      reflection.SetBool(&record, field, reflection.GetBool(from, field));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection.SetEnumValue(&record, field, reflection.GetEnumValue(from, field));
    } else {
      reflection.SetString(&record, field, reflection.GetString(from, field));
    }
  }
}

std::vector<std::string> MissingNow(const v1::Contact& contact, directory::v1::DispositionKind kind) {
  const v1::Record& record = contact.record();
  std::vector<std::string> missing;
  const bool typed = record.type() != v1::MATTER_TYPE_UNSPECIFIED || !record.category().empty();
  if (kind == directory::v1::DISPOSITION_KIND_ANSWERED && !typed) missing.push_back("type");
  if (kind == directory::v1::DISPOSITION_KIND_TICKET && contact.customer().empty()) {
    if (!record.has_phone() && !contact.has_identifier() && !record.has_address()) missing.push_back("phone");
    if (!record.has_customer_name() && !record.anonymous()) missing.push_back("customer_name");
  }
  return missing;
}

std::vector<std::string> MissingLater(const v1::Contact& contact) {
  const auto kind = static_cast<directory::v1::DispositionKind>(contact.disposition_kind());
  std::vector<std::string> missing;
  if (kind != directory::v1::DISPOSITION_KIND_ANSWERED && kind != directory::v1::DISPOSITION_KIND_TICKET) {
    return missing;
  }
  const v1::Record& record = contact.record();
  auto need = [&](bool there, const char* field) {
    if (!there) missing.push_back(field);
  };
  need(record.type() != v1::MATTER_TYPE_UNSPECIFIED || !record.category().empty(), "type");
  need(record.has_customer_name() || record.anonymous() || !contact.customer().empty(), "customer_name");
  need(record.has_matter(), "matter");
  if (record.type() == v1::MATTER_TYPE_FAULT) {  // R038, R039
    need(record.has_symptom(), "symptom");
    need(record.has_symptom_since(), "symptom_since");
    need(record.has_frequency(), "frequency");
    need(record.has_tried(), "tried");
    need(!record.product().empty() || !record.model().empty(), "model");
    need(record.has_serial_number(), "serial_number");
  }
  const bool spoken = contact.channel() == v1::CHANNEL_PHONE || contact.channel() == v1::CHANNEL_VISIT ||
                      contact.channel() == v1::CHANNEL_CHAT;
  if (spoken) {  // R075–R077
    need(record.closing_question_asked(), "closing_question_asked");
    need(record.comprehension_checked(), "comprehension_checked");
    need(record.satisfaction() != v1::SATISFACTION_UNSPECIFIED, "satisfaction");
    for (const auto& field : contact.to_read_back()) missing.push_back(absl::StrCat("read_back.", field));
  }
  return missing;
}

Decision<v1::Event> DecideWriteRecord(const v1::Contact& contact, const v1::WriteRecordRequest& request,
                                      const Context& context) {
  if (absl::Status status = CheckExists(context); !status.ok()) return status;
  auto actor = ActorOf(context);
  if (!actor.ok()) return actor.status();
  if (absl::Status status = CheckAnswersFor(contact, *actor, context.reference); !status.ok()) return status;
  Draft draft(contact, context);
  absl::Status status = WriteRecord(draft, request.record(), request.read_back(), InstantOf(request, context),
                                    actor->agent.empty() ? context.principal.id : actor->agent);
  if (!status.ok()) return status;
  return draft.Take();
}

}  // namespace shoujie::interaction
