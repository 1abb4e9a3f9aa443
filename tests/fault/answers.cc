#include "tests/fault/answers.h"

#include <functional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/util/time_util.h"
#include "shoujie/common/v1/common.pb.h"
#include "shoujie/interaction/v1/contact.pb.h"
#include "shoujie/profile/v1/customer.pb.h"
#include "shoujie/profile/v1/service.pb.h"
#include "shoujie/router/v1/ticket.pb.h"
#include "tests/fault/methods.h"

namespace shoujie::fault {
namespace {

constexpr int kPage = 1000;
constexpr absl::Duration kListsWithin = absl::Seconds(20);

std::string ServiceOf(const std::string& stream) {
  if (absl::StartsWith(stream, "tickets/")) return "router";
  return absl::StartsWith(stream, "contacts/") ? "interaction" : "profile";
}
std::string HistoryMethod(const std::string& stream) {
  const std::string service = ServiceOf(stream);
  if (service == "router") return absl::StrCat(kTickets, "ListTicketHistory");
  return service == "interaction" ? absl::StrCat(kContacts, "ListContactHistory")
                                  : absl::StrCat(kCustomers, "ListCustomerHistory");
}

// An answer that names partitions whose rows are behind is asked for again.
template <typename Response>
absl::Status NotLagging(rpc::Client& client, const std::string& method, const google::protobuf::Message& request,
                        absl::StatusOr<Response>* response) {
  for (const absl::Time limit = absl::Now() + kListsWithin;; absl::SleepFor(absl::Milliseconds(5))) {
    *response = rpc::Call<Response>(client, method, request);
    if (!response->ok()) return response->status();
    if constexpr (requires { (*response)->lagging_partitions(); }) {
      if ((*response)->lagging_partitions().empty()) return absl::OkStatus();
      if (absl::Now() > limit) return absl::DeadlineExceededError("the lists lag");
    } else {
      return absl::OkStatus();
    }
  }
}

template <typename Request, typename Response>
absl::Status Pages(rpc::Client& client, const std::string& method, Request request,
                   const std::function<void(const Response&)>& take) {
  request.set_page_size(kPage);
  do {
    absl::StatusOr<Response> page;
    if (absl::Status status = NotLagging(client, method, request, &page); !status.ok()) return status;
    take(*page);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

absl::Status HistoryOf(rpc::Client& client, const std::string& stream,
                       const std::function<void(const common::v1::HistoryEntry&)>& take) {
  common::v1::ListHistoryRequest request;
  request.set_name(stream);
  return Pages<common::v1::ListHistoryRequest, common::v1::ListHistoryResponse>(
      client, HistoryMethod(stream), request, [&](const auto& page) {
        for (const auto& entry : page.entries()) take(entry);
      });
}

// Rows of the three lists, one after another.
absl::Status Lists(rpc::Client& client, const std::function<void(const google::protobuf::Message& row)>& take) {
  absl::Status status = Pages<router::v1::ListTicketsRequest, router::v1::ListTicketsResponse>(
      client, absl::StrCat(kTickets, "ListTickets"), {}, [&](const auto& page) {
        for (const auto& row : page.tickets()) take(row);
      });
  if (!status.ok()) return status;
  status = Pages<interaction::v1::ListContactsRequest, interaction::v1::ListContactsResponse>(
      client, absl::StrCat(kContacts, "ListContacts"), {}, [&](const auto& page) {
        for (const auto& row : page.contacts()) take(row);
      });
  if (!status.ok()) return status;
  return Pages<profile::v1::ListCustomersRequest, profile::v1::ListCustomersResponse>(
      client, absl::StrCat(kCustomers, "ListCustomers"), {}, [&](const auto& page) {
        for (const auto& row : page.customers()) take(row);
      });
}

template <typename State>
Answer StateOf(rpc::Client& client, const std::string& method, const google::protobuf::Message& request) {
  auto state = rpc::Call<State>(client, method, request);
  if (!state.ok()) return {state.status(), ""};
  return {absl::OkStatus(), state->DebugString()};
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListStreams(rpc::Client& client) {
  std::vector<std::string> names;
  absl::Status status = Lists(client, [&](const google::protobuf::Message& row) {
    names.push_back(row.GetReflection()->GetString(row, row.GetDescriptor()->FindFieldByName("name")));
  });
  if (!status.ok()) return status;
  return names;
}

absl::StatusOr<std::vector<Recorded>> ReadHistories(rpc::Client& client, const std::vector<std::string>& streams) {
  std::vector<Recorded> all;
  for (const std::string& stream : streams) {
    absl::Status status = HistoryOf(client, stream, [&](const common::v1::HistoryEntry& entry) {
      all.push_back({.stream = stream,
                     .version = entry.version(),
                     .service = ServiceOf(stream),
                     .partition = entry.partition(),
                     .revision = entry.revision(),
                     .command_id = entry.command_id(),
                     .recorded_at_ms = google::protobuf::util::TimeUtil::TimestampToMilliseconds(entry.recorded_at()),
                     .hash = entry.hash()});
    });
    if (!status.ok()) return absl::Status(status.code(), absl::StrCat(stream, ": ", status.message()));
  }
  return all;
}

absl::StatusOr<Reports> ReadReports(rpc::Client& client) {
  absl::StatusOr<interaction::v1::ReportContactsResponse> contacts;
  absl::StatusOr<router::v1::ReportHandoffsResponse> handoffs;
  absl::Status status = NotLagging(client, absl::StrCat(kContacts, "ReportContacts"),
                                   interaction::v1::ReportContactsRequest(), &contacts);
  if (!status.ok()) return status;
  status = NotLagging(client, absl::StrCat(kTickets, "ReportHandoffs"), router::v1::ReportHandoffsRequest(), &handoffs);
  if (!status.ok()) return status;
  return Reports{*std::move(contacts), *std::move(handoffs)};
}

std::map<std::string, Answer> AskAll(rpc::Client& client, const std::vector<std::string>& streams,
                                     const std::vector<std::string>& phones) {
  std::map<std::string, Answer> answers;
  for (const std::string& stream : streams) {
    common::v1::GetRequest get;
    get.set_name(stream);
    const std::string service = ServiceOf(stream);
    answers["get " + stream] =
        service == "router" ? StateOf<router::v1::Ticket>(client, absl::StrCat(kTickets, "GetTicket"), get)
        : service == "interaction"
            ? StateOf<interaction::v1::Contact>(client, absl::StrCat(kContacts, "GetContact"), get)
            : StateOf<profile::v1::Customer>(client, absl::StrCat(kCustomers, "GetCustomer"), get);
    Answer& history = answers["history " + stream];
    history.status = HistoryOf(client, stream, [&](const auto& entry) { history.text += entry.SerializeAsString(); });
  }
  for (const std::string& phone : phones) {
    profile::v1::FindCustomerRequest find;
    find.mutable_identifier()->set_kind(profile::v1::IDENTIFIER_KIND_PHONE);
    find.mutable_identifier()->set_value(phone);
    answers["find " + phone] = StateOf<profile::v1::Customer>(client, absl::StrCat(kCustomers, "FindCustomer"), find);
  }
  Answer& lists = answers["lists"];
  lists.status = Lists(client, [&](const auto& row) { lists.text += row.DebugString(); });
  Answer& reports = answers["reports"];
  auto read = ReadReports(client);
  reports.status = read.status();
  if (read.ok()) reports.text = read->contacts.DebugString() + read->handoffs.DebugString();
  return answers;
}

}  // namespace shoujie::fault
