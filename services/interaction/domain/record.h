// First-Contact Record 客服首接记录表 (R015, R026–R047): what a new version changes, and what is missing. The form must
// not be longer than the call: what blocks a disposition is little, the rest may be finished until the site closes.
#pragma once

#include <string>
#include <vector>

#include "services/interaction/domain/contact.h"
#include "shoujie/directory/v1/directory.pb.h"

namespace shoujie::interaction {

// Adds a RecordWritten for what `update` changes and `read_back` confirms; nothing if that is nothing.
absl::Status WriteRecord(Draft& draft, const v1::RecordUpdate& update,
                         const google::protobuf::RepeatedPtrField<std::string>& read_back, absl::Time at,
                         absl::string_view by);
void ApplyRecord(v1::Record& record, const v1::RecordWritten& written);

// Names of record fields (and "read_back.<field>") that a disposition of this kind cannot do without.
std::vector<std::string> MissingNow(const v1::Contact& contact, directory::v1::DispositionKind kind);
// What may wait until the site closes and is counted then, for the disposition that was made.
std::vector<std::string> MissingLater(const v1::Contact& contact);

Decision<v1::Event> DecideWriteRecord(const v1::Contact& contact, const v1::WriteRecordRequest& request,
                                      const Context& context);

}  // namespace shoujie::interaction
