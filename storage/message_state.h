// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/messages/drafts.h"
#include "gateway/messages/segment_sets.h"
#include "gateway/messages/tracking.h"
#include "gateway/messages/transactions.h"

namespace msggw::storage {

/// What the store keeps beside messages: the tables `segments` (MessageNo -> where the segment
/// belongs), `tracking` (MessageNo -> what its bearer must know), `transactions` (DeviceNo -> whom
/// it answers) and `drafts` (DraftNo -> what is no message yet). Each row begins with a version
/// octet.
/// Errors: storage, with the element that is wrong.

void append_place(std::string& out, const messages::Place& place);
base::Result<messages::Place> parse_place(std::string_view row);

void append_tracked(std::string& out, const messages::Tracked& row);
base::Result<messages::Tracked> parse_tracked(std::string_view row);

/// Newest first, at most Transactions::kMostPeers.
void append_transactions(std::string& out, const std::vector<messages::Transaction>& all);
base::Result<std::vector<messages::Transaction>> parse_transactions(std::string_view row);

void append_draft(std::string& out, const messages::Draft& draft);
base::Result<messages::Draft> parse_draft(std::string_view row);

}  // namespace msggw::storage
