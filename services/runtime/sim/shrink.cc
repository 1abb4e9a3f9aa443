#include "services/runtime/sim/shrink.h"

#include <algorithm>
#include <utility>

namespace shoujie::sim {

std::string KindOf(const std::string& violation) { return violation.substr(0, violation.find(' ')); }

namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, const std::function<Result(const Plan&)>& run, int runs_max)
      : best_(std::move(plan)), run_(run), runs_max_(runs_max) {}

  Shrunk Go() {
    const Result first = Run(best_);
    if (first.violations.empty()) return {std::move(best_), "", runs_};
    kind_ = KindOf(first.violations.front());
    CutAfter(first);
    // What is left out makes more superfluous, so until nothing changes any more.
    for (size_t before = SIZE_MAX; Size() < before && runs_ < runs_max_;) {
      before = Size();
      WithoutFaults();
      OnePartition();
      WithoutActions();
      WithoutWaiting();
    }
    return {std::move(best_), kind_, runs_};
  }

 private:
  size_t Size() const { return best_.actions.size() + best_.faults.list().size(); }

  Result Run(const Plan& plan) {
    ++runs_;
    return run_(plan);
  }

  // Takes the plan if it still fails in the same way.
  bool Try(Plan plan) {
    if (runs_ >= runs_max_) return false;
    const Result result = Run(plan);
    if (result.violations.empty() || KindOf(result.violations.front()) != kind_) return false;
    best_ = std::move(plan);
    CutAfter(result);
    return true;
  }

  // Nothing that was to happen after the violation matters.
  void CutAfter(const Result& result) {
    if (result.acted < best_.actions.size()) best_.actions.resize(result.acted);
  }

  void WithoutFaults() {
    for (Fault fault : best_.faults.list()) Try(Without(best_, fault));
  }

  void OnePartition() {
    if (best_.partitions == 1) return;
    Plan plan = best_;
    plan.partitions = 1;
    Try(std::move(plan));
  }

  void WithoutActions() {
    for (size_t chunk = std::max<size_t>(best_.actions.size() / 2, 1);; chunk /= 2) {
      for (size_t from = 0; from < best_.actions.size();) {
        Plan plan = best_;
        const size_t to = std::min(from + chunk, plan.actions.size());
        // The time that passed with them passes all the same.
        for (size_t i = from; i < to && to < plan.actions.size(); ++i) {
          plan.actions[to].after_ms += plan.actions[i].after_ms;
        }
        plan.actions.erase(plan.actions.begin() + static_cast<std::ptrdiff_t>(from),
                           plan.actions.begin() + static_cast<std::ptrdiff_t>(to));
        if (!Try(std::move(plan))) from = to;
        if (runs_ >= runs_max_) return;
      }
      if (chunk <= 1) return;
    }
  }

  void WithoutWaiting() {
    Plan plan = best_;
    for (Action& action : plan.actions) action.after_ms = 0;
    if (Try(std::move(plan))) return;
    for (size_t i = 0; i < best_.actions.size(); ++i) {
      if (best_.actions[i].after_ms == 0) continue;
      plan = best_;
      plan.actions[i].after_ms = 0;
      Try(std::move(plan));
    }
  }

  Plan best_;
  const std::function<Result(const Plan&)>& run_;
  const int runs_max_;
  std::string kind_;
  int runs_ = 0;
};

}  // namespace

Shrunk Shrink(Plan plan, const std::function<Result(const Plan&)>& run, int runs_max) {
  return Shrinker(std::move(plan), run, runs_max).Go();
}

}  // namespace shoujie::sim
