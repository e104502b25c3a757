// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace msggw::sms_text {

/// How an SMSC writes message ids in one place. SMSCs exist that write them in hexadecimal in
/// submit_sm_resp and in decimal in receipts, or with leading zeros in one of both.
struct IdForm {
  enum class Base { as_is, decimal, hex };
  Base base = Base::as_is;
  bool strip_zeros = false;  ///< as_is only; numbers lose leading zeros always
  bool fold_case = false;    ///< as_is only; numbers have no case
};

/// The same key for two spellings of one id, each read with the form of the place it stands in:
/// numbers as lower-case hexadecimal, other ids with their options applied. Spaces and NUL octets
/// around the id do not count. An id that is no number of its base, or longer than 64 octets (SMPP
/// 3.4 5.2.23), is taken as it is, its case folded.
std::string same_id_key(std::string_view id, IdForm form);

}  // namespace msggw::sms_text
