// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/credentials/book.h"
#include "gateway/credentials/doors.h"
#include "storage/store.h"

namespace msggw::storage {

/// A row of the table `credentials`, CredentialNo -> what a device may prove by who it is. It
/// begins with a version octet, as those of device_record.h; its secret is sealed, or a hash.
void append_credential(std::string& out, const credentials::Credential& credential);

/// storage, with the element that is wrong. Allocates in proportion to the octets present.
base::Result<credentials::Credential> parse_credential(std::string_view row);

/// Puts the rows that have changed into the batch, and erases those that are gone.
void put_credentials(Batch& batch, const credentials::Book& book,
                     const std::vector<credentials::CredentialNo>& changed);

/// At start, after the devices and before side.start(). Errors: storage, the first that was met.
base::Result<void> load_credentials(Store& store, credentials::StoreSide& side);

}  // namespace msggw::storage
