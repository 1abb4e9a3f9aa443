// What the rules of a contact share: instants, the draft that a decision is made on, and who may do what. Internal to
// this folder; the runtime sees `domain.h` only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "services/runtime/domain.h"
#include "services/runtime/reference.h"
#include "shoujie/interaction/v1/commands.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/interaction/v1/events.pb.h"

namespace shoujie::interaction {

// Repeated parts of one contact (holds, prompts, offers, …): more than any real contact has.
inline constexpr int kPartsMax = 200;
inline constexpr size_t kCodeBytesMax = 64;
inline constexpr size_t kExternalIdBytesMax = 128;

// When the thing that a request tells happened in the world: the source's stamp, else now.
template <typename Request>
absl::Time InstantOf(const Request& request, const Context& context) {
  return request.has_occurred_at() ? ToTime(request.occurred_at()) : context.now;
}

void Evolve(v1::Contact& contact, const v1::Event& event, const EventContext& at);
std::vector<Timer> Timers(const v1::Contact& contact);
// What must hold of every contact that was ever reached (R001, R020): verification and the simulator ask.
absl::Status CheckContact(const v1::Contact& contact, absl::Time until);

// The events decided so far and the contact as they leave it: a rule sees what the rule before it did.
class Draft {
 public:
  Draft(const v1::Contact& contact, const Context& context) : contact_(contact), context_(context) {}
  Draft(const Draft&) = delete;

  const v1::Contact& contact() const { return contact_; }
  const Context& context() const { return context_; }
  const Reference& reference() const { return context_.reference; }
  const directory::v1::Policies& policies() const { return context_.reference.policies(); }
  // `effective_at` is given for facts of history only.
  void Add(v1::Event event);
  void SetEffective(std::optional<absl::Time> at) { effective_at_ = at; }
  void Flag(v1::Flag flag, absl::Time at, absl::string_view agent);  // once per contact
  bool empty() const { return events_.empty(); }
  Decision<v1::Event> Take() { return std::move(events_); }

 private:
  v1::Contact contact_;
  const Context& context_;
  std::optional<absl::Time> effective_at_;
  std::vector<Decided<v1::Event>> events_;
};

bool HasFlag(const v1::Contact& contact, v1::Flag flag);

// Who acts: an agent, or an operator (who may act for an agent that he names).
struct Actor {
  std::string agent;  // empty: an operator for nobody
  bool operates = false;
};
// `for_agent`: what the request says, if it may. Refuses strangers and agents who have left.
absl::StatusOr<Actor> ActorOf(const Context& context, absl::string_view for_agent = "");
// Leader of the agent's team, or head of his site.
bool Leads(const Reference& reference, absl::string_view leader, absl::string_view agent);
// Handler, or operator.
absl::Status CheckHandles(const v1::Contact& contact, const Actor& actor);
// Handler, owner, who disposed of it, a leader or head of one of them, or operator.
absl::Status CheckAnswersFor(const v1::Contact& contact, const Actor& actor, const Reference& reference);
// Whether something new may be given to this agent: known, and has not left.
absl::Status CheckTakesNew(const Reference& reference, absl::string_view agent);
// Head of the site, else the first head there is, of those who have not left.
std::string HeadOf(const Reference& reference, absl::string_view site);

absl::Status CheckExists(const Context& context);
absl::Status CheckCode(absl::string_view field, absl::string_view code);
absl::Status CheckText(absl::string_view field, absl::string_view text);
absl::Status CheckRoom(int parts);
// "0413-000127-6" of "contacts/0413-000127-6".
absl::string_view NumberOf(absl::string_view contact);
std::string SourceKey(absl::string_view source, absl::string_view external_id);

}  // namespace shoujie::interaction
