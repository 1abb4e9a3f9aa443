// All faults of nodes and brokers: each breaks something under clients at work and is judged by its trial.
#pragma once

#include <string>
#include <vector>

#include "tests/kafka/cluster_trial.h"

namespace shoujie::kafka {

struct ClusterFault {
  const char* name;
  const char* what;  // one line for --list
  int times;         // rounds if not told
  bool brief;        // also in the form for continuous integration, once
  // One round on two nodes and a broker, as they come; false if there is no going on. Or null, and
  bool (*round)(ClusterTrial& trial, int n);
  // all of it, with brokers and nodes of its own, and the row.
  void (*whole)(fault::Run& run, const char* name, int times);
};
const std::vector<ClusterFault>& AllClusterFaults();

// fault_nodes.cc
bool NodeTerminated(ClusterTrial& trial, int n);
bool NodeKilled(ClusterTrial& trial, int n);
bool NodeHalted(ClusterTrial& trial, int n);
bool BothNodesKilled(ClusterTrial& trial, int n);
// fault_brokers.cc
bool BrokerKilled(ClusterTrial& trial, int n);
bool BrokerHalted(ClusterTrial& trial, int n);
void BrokersRolled(fault::Run& run, const char* name, int times);
void BrokersKilled(fault::Run& run, const char* name, int times);
// fault_claims.cc
bool Promoted(ClusterTrial& trial, int n);
bool EachAlone(ClusterTrial& trial, int n);
// fault_network.cc
void CutBothWays(fault::Run& run, const char* name, int times);
void CutRequests(fault::Run& run, const char* name, int times);
void CutAnswers(fault::Run& run, const char* name, int times);
// fault_proxy.cc
void AnswersSwallowed(fault::Run& run, const char* name, int times);
void RequestsSwallowed(fault::Run& run, const char* name, int times);
void AnswersSilent(fault::Run& run, const char* name, int times);
void AllHeld(fault::Run& run, const char* name, int times);
void AllCut(fault::Run& run, const char* name, int times);
// fault_broker_disk.cc
void BrokerDiskFull(fault::Run& run, const char* name, int times);
// fault_state.cc
bool StateWiped(ClusterTrial& trial, int n);
bool StateOlder(ClusterTrial& trial, int n);
bool StateSwapped(ClusterTrial& trial, int n);
bool StateForeign(ClusterTrial& trial, int n);
// fault_repeats.cc
bool Repeated(ClusterTrial& trial, int n);
bool TooLate(ClusterTrial& trial, int n);
// fault_topics.cc
void TopicCut(fault::Run& run, const char* name, int times);
void TopicAnew(fault::Run& run, const char* name, int times);
bool TopicNarrow(ClusterTrial& trial, int n);
void RecordUnknown(fault::Run& run, const char* name, int times);

}  // namespace shoujie::kafka
