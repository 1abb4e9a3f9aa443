// What every refusal must be: a typed error that says in English and in Chinese what is wrong and what to do, without
// anything personal.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "shoujie/common/v1/common.pb.h"

namespace shoujie::e2e {

// `secrets`: texts of the request that must not be told back.
testing::AssertionResult IsRefusal(const absl::Status& status, absl::StatusCode code, const std::string& reason,
                                   const std::vector<std::string>& secrets = {});
// Whether the sentences are there in both languages and say more than what is wrong.
testing::AssertionResult SaysWhatToDo(const std::string& en, const std::string& zh);

}  // namespace shoujie::e2e
