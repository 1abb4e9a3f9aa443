// Rows of customers for lists: nothing in them says who somebody is.
#pragma once

#include <memory>
#include <string>

#include "services/runtime/domain.h"
#include "shoujie/profile/v1/customer.pb.h"

namespace shoujie::profile {

std::unique_ptr<RowType> CustomerRows();

// Index keys of all customers, or of those of one class, newest first.
std::string CustomerIndexPrefix(v1::CustomerClass only);

}  // namespace shoujie::profile
