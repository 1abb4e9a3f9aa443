#include "loadtest/switch/cut_off.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/runtime/base/time.h"
#include "shoujie/interaction/v1/service.pb.h"

namespace shoujie::loadtest {
namespace {

namespace v1 = interaction::v1;

constexpr absl::Duration kDeliverWithin = absl::Seconds(30);

std::string FileOf(const Session& session) { return absl::StrCat(session.options().outbox, "/run"); }

}  // namespace

std::string UnfinishedRun(const Session& session) {
  std::string run;
  std::ifstream(FileOf(session)) >> run;
  return run;
}

void BeginRun(const Session& session, const std::string& run) { std::ofstream(FileOf(session)) << run << "\n"; }

void EndRun(const Session& session) { std::remove(FileOf(session).c_str()); }

absl::StatusOr<size_t> EndCutOffCalls(Session& session, const std::string& run) {
  session.outbox().WaitEmpty(kDeliverWithin);
  size_t ended = 0;
  for (const v1::ContactState state : {v1::CONTACT_STATE_WAITING, v1::CONTACT_STATE_ACTIVE}) {
    v1::ListContactsRequest list;
    list.set_state(state);
    do {
      auto page = rpc::Call<v1::ListContactsResponse>(session.operations(),
                                                      absl::StrCat(kContactService, "ListContacts"), list);
      if (!page.ok()) return page.status();
      for (const auto& row : page->contacts()) {
        const bool ours = row.channel() == v1::CHANNEL_PHONE && row.source() == session.options().source &&
                          absl::StartsWith(row.external_id(), absl::StrCat(run, "-"));
        if (!ours || row.times().has_ended_at()) continue;
        v1::ReportContactFactRequest request;
        request.set_name(row.name());
        *request.mutable_occurred_at() = ToProto(session.Now());
        request.set_source(row.source());
        request.set_external_id(row.external_id());
        request.mutable_fact()->mutable_ended()->set_release_party(v1::RELEASE_PARTY_DROPPED);
        auto seq = session.Report(row.external_id(), kReportFact, &request);
        if (!seq.ok()) return seq.status();
        ++ended;
      }
      list.set_page_token(page->next_page_token());
    } while (!list.page_token().empty());
  }
  return ended;
}

}  // namespace shoujie::loadtest
