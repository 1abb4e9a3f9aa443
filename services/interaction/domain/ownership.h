// Who is the first-contact owner, by channel (R005–R010, F065), and how a contact begins and is accepted. The rules are
// for a contact without a ticket; once there is one, ownership lives there.
#pragma once

#include <string>

#include "services/interaction/domain/contact.h"

namespace shoujie::interaction {

// How a contact that does not exist yet begins.
struct Beginning {
  v1::Channel channel = v1::CHANNEL_PHONE;
  std::string source, external_id, identifier, site, category, received_by;
};
void Begin(Draft& draft, const Beginning& beginning, absl::Time at);

// E-mail, voicemail, web, and what came in after hours: the centre head until somebody opens it.
bool WaitsToBeOpened(const v1::Contact& contact);

void NameOwner(Draft& draft, std::string owner, v1::OwnerBasis basis, absl::Time at,
               const google::protobuf::RepeatedPtrField<v1::Skipped>& skipped = {},
               const google::protobuf::RepeatedPtrField<v1::SeenPresence>& seen = {});

// The agent has the contact from `at` on. `by_switch`: a fact, else the agent's own command.
void Accept(Draft& draft, const std::string& agent, absl::Time at, bool by_switch, uint32_t rings);

Decision<v1::Event> DecideCreate(const v1::Contact&, const v1::CreateContactRequest&, const Context&);
Decision<v1::Event> DecideAccept(const v1::Contact&, const v1::AcceptContactRequest&, const Context&);
Decision<v1::Event> DecideOpen(const v1::Contact&, const v1::OpenContactRequest&, const Context&);
Decision<v1::Event> DecideGreet(const v1::Contact&, const v1::GreetVisitorRequest&, const Context&);
Decision<v1::Event> DecideDesignate(const v1::Contact&, const v1::DesignateOwnerRequest&, const Context&);

}  // namespace shoujie::interaction
