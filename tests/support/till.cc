#include "tests/support/till.h"

#include <utility>

#include "services/runtime/base/error.h"
#include "till.pb.h"

namespace shoujie::testing {
namespace {

using Events = std::vector<Decided<TillEvent>>;

Decision<TillEvent> DecidePay(const Till& state, const PayRequest& request, const Context& context) {
  Events events;
  uint64_t number = state.payments();
  for (const std::string& to : request.to()) {
    TillEvent event;
    event.mutable_paid()->set_to(to);
    event.mutable_paid()->set_number(++number);
    event.mutable_paid()->set_amount(request.amount());
    CashRequest cash;
    cash.set_name(to);
    cash.set_from(std::string(context.stream));
    cash.set_number(number);
    cash.set_amount(request.amount());
    if (!request.text().empty()) cash.mutable_text()->set_plain(request.text());
    events.push_back(Decided<TillEvent>(std::move(event)).Send(std::move(cash)));
  }
  return events;
}

Decision<TillEvent> DecideCash(const Till&, const CashRequest& request, const Context& context) {
  if (!TillTakes(request.amount())) return Refused("UNLUCKY", "A till does not take 3.", "收银台不接受 3。");
  if (request.amount() == 0) return Events{};
  TillEvent event;
  event.mutable_cashed()->set_from(request.from());
  event.mutable_cashed()->set_number(request.number());
  event.mutable_cashed()->set_amount(request.amount());
  if (request.has_text()) *event.mutable_cashed()->mutable_text() = request.text();
  ReceiptRequest receipt;
  receipt.set_name(request.from());
  receipt.set_from(std::string(context.stream));
  receipt.set_number(request.number());
  Events events;
  events.push_back(Decided<TillEvent>(std::move(event)).Send(std::move(receipt)));
  return events;
}

Decision<TillEvent> DecideReceipt(const Till&, const ReceiptRequest& request, const Context&) {
  TillEvent event;
  event.mutable_receipted()->set_from(request.from());
  event.mutable_receipted()->set_number(request.number());
  return Events{std::move(event)};
}

Decision<TillEvent> DecideDeclined(const Till&, const common::v1::MessageDeclined& declined, const Context&) {
  TillEvent event;
  event.mutable_bounced()->set_to(declined.to());
  event.mutable_bounced()->set_reason(declined.reason());
  return Events{std::move(event)};
}

Till::Other& OtherOf(Till& state, const std::string& name) {
  for (auto& other : *state.mutable_others()) {
    if (other.name() == name) return other;
  }
  state.add_others()->set_name(name);
  return *state.mutable_others(state.others_size() - 1);
}

void EvolveTill(Till& state, const TillEvent& event, const EventContext& at) {
  state.set_name(std::string(at.stream));
  switch (event.event_case()) {
    case TillEvent::kPaid:
      state.set_payments(event.paid().number());
      if (TillTakes(event.paid().amount())) state.set_paid(state.paid() + event.paid().amount());
      break;
    case TillEvent::kCashed: {
      Till::Other& other = OtherOf(state, event.cashed().from());
      if (event.cashed().number() <= other.cashed()) state.set_disordered(true);
      other.set_cashed(event.cashed().number());
      state.set_cashings(state.cashings() + 1);
      state.set_cashed(state.cashed() + event.cashed().amount());
      if (event.cashed().has_text()) *state.mutable_text() = event.cashed().text();
      break;
    }
    case TillEvent::kReceipted: {
      Till::Other& other = OtherOf(state, event.receipted().from());
      if (event.receipted().number() <= other.receipted()) state.set_disordered(true);
      other.set_receipted(event.receipted().number());
      state.set_receipts(state.receipts() + 1);
      break;
    }
    case TillEvent::kBounced:
      state.set_bounces(state.bounces() + 1);
      break;
    case TillEvent::EVENT_NOT_SET:
      break;
  }
}

}  // namespace

bool TillTakes(int64_t amount) { return amount % 10 != 3; }

ServiceDomain TillDomain() {
  auto tills = std::make_unique<TypedStream<Till, TillEvent>>("tills", &EvolveTill);
  tills->On<PayRequest>(&ToNamed<PayRequest>, &DecidePay)
      .On<CashRequest>(&ToNamed<CashRequest>, &DecideCash)
      .On<ReceiptRequest>(&ToNamed<ReceiptRequest>, &DecideReceipt)
      .On<common::v1::MessageDeclined>(&ToNamed<common::v1::MessageDeclined>, &DecideDeclined);
  ServiceDomain domain;
  domain.name = "till";
  domain.event = std::make_unique<TillEvent>();
  domain.streams.push_back(std::move(tills));
  return domain;
}

}  // namespace shoujie::testing
