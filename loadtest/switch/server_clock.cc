#include "loadtest/switch/server_clock.h"

#include "services/runtime/base/time.h"
#include "services/runtime/rpc/client.h"
#include "shoujie/ops/v1/service.pb.h"

namespace shoujie::loadtest {

absl::Status ServerClock::Read(rpc::Client& client) {
  auto info = rpc::Call<ops::v1::ServerInfo>(client, "shoujie.ops.v1.OpsService/GetServerInfo",
                                             ops::v1::GetServerInfoRequest());
  if (!info.ok()) return info.status();
  Set(ToTime(info->now()), info->clock_speed() > 0 ? info->clock_speed() : 1);
  return absl::OkStatus();
}

void ServerClock::Set(absl::Time now, double speed) {
  absl::MutexLock lock(&mutex_);
  at_ = now;
  boot_ = machine_->Boot();
  speed_ = speed;
}

absl::Time ServerClock::Now() const {
  absl::MutexLock lock(&mutex_);
  return at_ + (machine_->Boot() - boot_) * speed_;
}

double ServerClock::speed() const {
  absl::MutexLock lock(&mutex_);
  return speed_;
}

absl::Duration ServerClock::Until(absl::Time at) const {
  const absl::Duration left = at - Now();
  return left / speed();
}

}  // namespace shoujie::loadtest
