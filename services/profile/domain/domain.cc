#include "services/profile/domain/domain.h"

#include <vector>

#include "services/profile/domain/details.h"
#include "services/profile/domain/identifiers.h"
#include "services/profile/domain/link.h"
#include "services/runtime/base/error.h"
#include "services/runtime/base/time.h"
#include "shoujie/profile/v1/commands.pb.h"
#include "shoujie/profile/v1/events.pb.h"

namespace shoujie::profile {
namespace {

using CustomerEvents = Decision<v1::Event>;
const CustomerEvents kNothing = std::vector<Decided<v1::Event>>{};

// A customer takes the slot of his first identifier; one known by name alone that of the request.
absl::StatusOr<Address> RouteCreate(const v1::CreateCustomerRequest& request) {
  if (!request.name().empty()) {
    return Invalid("NAME_NOT_CHOSEN", "The number of a new customer is given here. Leave the name empty.",
                   "新客户的编号由系统分配。请将名称留空。");
  }
  if (!request.has_identifier()) return Address{.slot_key = "request/" + request.request_id(), .may_create = true};
  auto key = KeyOf(request.identifier());
  if (!key.ok()) return key.status();
  return Address{.slot_key = key->value, .key = *key, .may_create = true};
}

CustomerEvents DecideCreate(const v1::Customer&, const v1::CreateCustomerRequest& request, const Context& context) {
  if (context.version > 0) {
    if (request.get_or_create()) return kNothing;
    return Error(absl::StatusCode::kAlreadyExists, "CUSTOMER_EXISTS",
                 "The identifier belongs to a customer already. Use that one, or correct the identifier.",
                 "该标识已属于一位客户。请使用该客户，或改正标识。", {{"customer", context.stream}});
  }
  if (!request.has_identifier() && request.details().display_name().empty()) {
    return Invalid("CUSTOMER_EMPTY", "A customer needs an identifier or a name. Give one of the two.",
                   "客户至少要有一个标识或姓名。请填写其一。");
  }
  if (auto status = CheckDetails(request.details()); !status.ok()) return status;
  v1::Event event;
  auto* created = event.mutable_customer_created();
  *created->mutable_at() = ToProto(context.now);
  created->set_by(context.principal.id);
  if (request.has_identifier()) {
    auto key = KeyOf(request.identifier());
    if (!key.ok()) return key.status();
    created->mutable_identifier()->set_kind(request.identifier().kind());
    created->mutable_identifier()->mutable_value()->set_plain(key->value);
  }
  *created->mutable_details() = DetailsOf(request.details());
  return std::vector<Decided<v1::Event>>{std::move(event)};
}

CustomerEvents DecideUpdate(const v1::Customer& state, const v1::UpdateCustomerRequest& request,
                            const Context& context) {
  if (context.version == 0) {
    return NotFound("CUSTOMER_NOT_FOUND", "There is no customer of this number. Look him up by phone, or create him.",
                    "没有该编号的客户。请按电话查找，或新建客户。", {{"customer", context.stream}});
  }
  if (auto status = CheckDetails(request.details()); !status.ok()) return status;
  v1::Details next;
  auto changed =
      Changes(state.details(), request.details(), {request.clear().begin(), request.clear().end()}, context, &next);
  if (!changed.ok()) return changed.status();
  if (changed->empty()) return kNothing;
  if (state.identifiers().empty() && changed->front() == "display_name" && !next.has_display_name()) {
    return Refused("CUSTOMER_EMPTY", "Nothing but the name says who this customer is. Keep it, or write another.",
                   "该客户除姓名外没有其他标识。请保留或改写姓名。", {{"customer", context.stream}});
  }
  v1::Event event;
  auto* updated = event.mutable_customer_updated();
  *updated->mutable_at() = ToProto(context.now);
  updated->set_by(context.principal.id);
  updated->mutable_changed()->Assign(changed->begin(), changed->end());
  v1::Details after = state.details();
  Apply(*changed, next, &after);
  *updated->mutable_details() = std::move(next);
  Decided<v1::Event> decided(std::move(event));
  TellLinks(state, after, context, &decided);
  return std::vector<Decided<v1::Event>>{std::move(decided)};
}

void Evolve(v1::Customer& state, const v1::Event& event, const EventContext& at) {
  switch (event.event_case()) {
    case v1::Event::kCustomerCreated: {
      const auto& created = event.customer_created();
      state.set_name(std::string(at.stream));
      if (created.has_identifier()) *state.add_identifiers() = created.identifier();
      *state.mutable_details() = created.details();
      *state.mutable_created_at() = created.at();
      *state.mutable_updated_at() = created.at();
      break;
    }
    case v1::Event::kCustomerUpdated: {
      const auto& updated = event.customer_updated();
      Apply({updated.changed().begin(), updated.changed().end()}, updated.details(), state.mutable_details());
      *state.mutable_updated_at() = updated.at();
      break;
    }
    default:
      EvolveLinks(state, event);
      break;
  }
}

std::vector<UniqueKey> Keys(const v1::Event& event) {
  if (!event.customer_created().has_identifier()) return {};
  return {KeyOf(event.customer_created().identifier())};
}

}  // namespace

ServiceDomain Domain() {
  auto customers = std::make_unique<TypedStream<v1::Customer, v1::Event>>("customers", &Evolve, nullptr, &Keys);
  customers->On<v1::CreateCustomerRequest>(&RouteCreate, &DecideCreate)
      .On<v1::UpdateCustomerRequest>(&ToNamed<v1::UpdateCustomerRequest>, &DecideUpdate)
      .On<v1::LinkContactRequest>(&ToNamed<v1::LinkContactRequest>, &DecideLink)
      .On<v1::UnlinkContactRequest>(&ToNamed<v1::UnlinkContactRequest>, &DecideUnlink);
  ServiceDomain domain;
  domain.name = "profile";
  domain.event = std::make_unique<v1::Event>();
  domain.streams.push_back(std::move(customers));
  domain.streams.push_back(LinkStream());
  domain.numbering = Numbering::kCustomer;
  domain.numbered_collection = "customers";
  return domain;
}

}  // namespace shoujie::profile
