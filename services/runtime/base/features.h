// Features: kinds of events that a build can read beyond those that every build could. A new kind of event is written
// only after an operator has enabled its feature (`shoujie admin feature enable NAME`), which is refused while a node
// that lives cannot read it: readers before writers (architecture §3). A cluster is so brought from one build to the
// next node by node.
//
// A new kind of event: a row here with the version that ships it, and the mark `[(shoujie.common.v1.feature) = "NAME"]`
// on its member of the service's Event. Nothing else: the runtime refuses what is marked and not enabled in the
// directory version that the shard has adopted (FEATURE_OFF), and nodes tell each other the names in this list.
// `Decide` may look at `context.reference.enabled(NAME)` where it would rather decide otherwise than be refused. A row
// stays for ever, as journals do. A new field of an old kind is marked where `Evolve` keeps it: who does not know it
// passes it over, and would be left with another state. Not for other new fields (those pass), nor for changes of what
// `Evolve` makes of old events (`state_version`).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace shoujie {

struct Feature {
  absl::string_view name;   // lower case, with hyphens
  absl::string_view since;  // version of the first build that reads it
  absl::string_view what;   // one line for operators
};
// Guards no event: a record of the runtime's own (`Commit.published_up_to`), and so whether relays run (node/relay.h).
inline constexpr absl::string_view kPublishedFeature = "published";
inline constexpr Feature kFeatures[] = {
    {"urging", "0.2.0", "tickets are urged 催办"},
    {"bulk", "0.2.0", "tickets are handed over many at a time, and back as one"},
    {"clocks", "0.2.0", "SLA clocks of tickets; waiting for the customer, extension 延期"},
    {"contact-details", "0.2.0", "departments ask how to reach the customer, which is recorded"},
    {"routing", "0.2.0", "offers find their department and person by routing table and rosters"},
    {"disputes", "0.2.0", "refusal budgets and rulings 裁定; ping-pong and stalls found; superiors asked and told"},
    {"assisting", "0.2.0", "departments assist 协办 beside the one that has the ticket"},
    {"merging", "0.2.0", "duplicates go on in another ticket 并单, and are taken back"},
    {"leaving", "0.2.0", "agents leave in two steps: announced, and completed once nothing open is theirs"},
    {"presence-until", "0.2.0", "who is away says until when"},
    {"supervision", "0.2.0", "tickets are supervised 督办; departments that do not answer are publicly noticed 通报"},
    {"fast-lane", "0.2.0", "urgent tickets get a priority and go ahead of the rest"},
    {kPublishedFeature, "0.2.0", "published events go to a topic on Kafka as well"},
};

const Feature* FindFeature(absl::string_view name);  // null: this build does not know it

// The feature that guards this kind of event, a member of the oneof of an Event, or this field of a kind; empty: none.
const std::string& FeatureOf(const google::protobuf::FieldDescriptor& kind);
// The same of what an event is, and of its fields that are set; empty also for messages without a oneof, or none set.
const std::string& FeatureOf(const google::protobuf::Message& event);
// All that is marked in an Event, by feature: kinds "urged", and fields of kinds "handoff_offered.routing".
std::vector<std::pair<std::string, std::string>> MarksOf(const google::protobuf::Descriptor& event);
// Of those what this feature guards.
std::vector<std::string> GuardedBy(absl::string_view feature, const google::protobuf::Descriptor& event);

// FEATURE_UNKNOWN: names those that this build knows.
absl::Status FeatureUnknown(absl::string_view name);

}  // namespace shoujie
