// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/result.h"
#include "gateway/roster/csv.h"

namespace msggw::roster {

/// A credential as a list, or a JSON object, names it: each as it is written, empty if it is not.
struct CredentialRow {
  std::string private_id;
  std::string kind;
  std::string name;
  std::string key;   ///< of a PSK
  std::string hash;  ///< of a password
  std::string not_before;
  std::string not_after;
};

/// `privateId`, `kind`, `name`, `key`, `hash`, `notBefore` and `notAfter`, as wanted, of one JSON
/// object. malformed: no JSON object. incorrect: another member, or one that is no string; no
/// detail quotes a value. `row` is overwritten.
base::Result<void> read_json_credential(std::string_view text, CredentialRow& row);

/// Reads a list of credentials (RFC 4180), its header first: private_id, and as wanted kind, name,
/// key, hash, not_before and not_after. A value.
class CredentialRowReader {
 public:
  static constexpr std::size_t kMostRecordOctets = 4'096;

  /// malformed: no CSV. missing: no column private_id. incorrect: a column unknown or named twice.
  base::Result<void> read_header(std::string_view record);
  /// Requires that the header has been read. malformed, missing, incorrect, too_large: the record;
  /// the detail names the element and quotes nothing. `row` is overwritten.
  base::Result<void> read(std::string_view record, CredentialRow& row);

 private:
  std::vector<std::string CredentialRow::*> columns_;
  CsvRecord csv_;
};

}  // namespace msggw::roster
