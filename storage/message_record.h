// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/messages/header.h"
#include "gateway/messages/store_side.h"
#include "storage/store.h"

namespace msggw::storage {

/// The rows of the tables `queue` (MessageNo -> header) and `messages` (MessageNo -> what is
/// carried). Each begins with a version octet, as those of device_record.h.

/// For Batch::put_with.
void append_header(std::string& out, const messages::Header& header);
/// storage, with the element that is wrong. The marks that are not stored are clear; State::handed
/// reads as waiting, since nobody has it any more, unless it is passed on.
base::Result<messages::Header> parse_header(std::string_view row);

void append_carried(std::string& out, const messages::Carried& carried);
/// storage, as above. Allocates in proportion to the octets present.
base::Result<messages::Carried> parse_carried(std::string_view row);

/// The row kNextMessage of `meta`: the number that the next message gets.
void append_next_message(std::string& out, messages::MessageNo next);
/// storage, as above.
base::Result<messages::MessageNo> parse_next_message(std::string_view row);

/// Puts the rows of `changes` into the batch.
void put_changes(Batch& batch, const messages::Queue& queue, const messages::Changes& changes);

}  // namespace msggw::storage
