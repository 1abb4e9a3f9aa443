#include "services/runtime/security/personal_fields.h"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <type_traits>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"

namespace shoujie {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsPersonal(const Descriptor* type) { return type == common::v1::Personal::descriptor(); }

// A Personal that is not of the generated class (a dynamic message) would be skipped in the clear: that is a mistake of
// ours.
template <typename P, typename M>
P* Generated(M* message) {
  P* const personal = google::protobuf::DynamicCastToGenerated<std::remove_const_t<P>>(message);
  if (personal != nullptr) return personal;
  std::fprintf(stderr, "shoujie: fatal: personal fields of a dynamic message cannot be sealed\n");
  std::abort();
}

// Whether a Personal can be reached; types may contain themselves, hence by visiting and not by recursion on results.
bool Reaches(const Descriptor* type, std::set<const Descriptor*>* seen) {
  if (IsPersonal(type)) return true;
  if (!seen->insert(type).second) return false;
  for (int i = 0; i < type->field_count(); ++i) {
    const Descriptor* inner = type->field(i)->message_type();
    if (inner != nullptr && Reaches(inner, seen)) return true;
  }
  return false;
}

class Cache {
 public:
  const PersonalFields& Get(const Descriptor* type) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      if (const auto it = known_.find(type); it != known_.end()) return *it->second;
    }
    absl::MutexLock lock(&mutex_);
    return *Build(type);
  }

 private:
  const PersonalFields* Build(const Descriptor* type) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto& entry = known_[type];
    if (entry != nullptr) return entry.get();
    entry = std::make_unique<PersonalFields>();
    PersonalFields* const built = entry.get();  // `entry` itself moves when inner types are added
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const Descriptor* inner = field->message_type();
      std::set<const Descriptor*> seen;
      if (inner == nullptr || !Reaches(inner, &seen)) continue;
      built->fields.push_back({field, IsPersonal(inner) ? nullptr : Build(inner)});
    }
    return built;
  }

  absl::Mutex mutex_;
  std::unordered_map<const Descriptor*, std::unique_ptr<PersonalFields>> known_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Walk(Message* message, const PersonalFields& type, const std::string& prefix,
                  absl::FunctionRef<absl::Status(common::v1::Personal*, const std::string&)> visit) {
  const Reflection* reflection = message->GetReflection();
  for (const auto& [field, inner] : type.fields) {
    const std::string path =
        prefix.empty() ? absl::StrCat(field->number()) : absl::StrCat(prefix, ".", field->number());
    const auto one = [&, inner = inner](Message* value, const std::string& at) {
      return inner == nullptr ? visit(Generated<common::v1::Personal>(value), at) : Walk(value, *inner, at, visit);
    };
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(*message, field);
      for (int i = 0; i < size; ++i) {
        if (auto s = one(reflection->MutableRepeatedMessage(message, field, i), absl::StrCat(path, ".", i)); !s.ok()) {
          return s;
        }
      }
    } else if (reflection->HasField(*message, field)) {
      if (auto s = one(reflection->MutableMessage(message, field), path); !s.ok()) return s;
    }
  }
  return absl::OkStatus();
}

bool Any(const Message& message, const PersonalFields& type,
         absl::FunctionRef<bool(const common::v1::Personal&)> predicate) {
  const Reflection* reflection = message.GetReflection();
  for (const auto& [field, inner] : type.fields) {
    const auto one = [&, inner = inner](const Message& value) {
      return inner == nullptr ? predicate(*Generated<const common::v1::Personal>(&value))
                              : Any(value, *inner, predicate);
    };
    if (field->is_repeated()) {
      const int size = reflection->FieldSize(message, field);
      for (int i = 0; i < size; ++i) {
        if (one(reflection->GetRepeatedMessage(message, field, i))) return true;
      }
    } else if (reflection->HasField(message, field) && one(reflection->GetMessage(message, field))) {
      return true;
    }
  }
  return false;
}

}  // namespace

const PersonalFields& PersonalFieldsOf(const Descriptor* type) {
  static Cache* const cache = new Cache;
  return cache->Get(type);
}

absl::Status VisitPersonal(Message* message,
                           absl::FunctionRef<absl::Status(common::v1::Personal*, const std::string&)> visit) {
  if (IsPersonal(message->GetDescriptor())) return visit(Generated<common::v1::Personal>(message), "");
  return Walk(message, PersonalFieldsOf(message->GetDescriptor()), "", visit);
}

bool AnyPersonal(const Message& message, absl::FunctionRef<bool(const common::v1::Personal&)> predicate) {
  if (IsPersonal(message.GetDescriptor())) return predicate(*Generated<const common::v1::Personal>(&message));
  return Any(message, PersonalFieldsOf(message.GetDescriptor()), predicate);
}

}  // namespace shoujie
