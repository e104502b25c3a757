// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/base/address.h"
#include "gateway/base/result.h"

namespace msggw::protocol {

/// The root of a Provisioning Function's API (apiRoot of TS 29.501 4.4.1) as an operator configures
/// it: a base::Uri without a slash at its end. Errors as those of base::parse_uri().
base::Result<base::Uri> parse_api_root(std::string_view uri);

/// What the well-known address is derived from (the contribution, 6.X.1.2; the form is TS 23.003
/// Annex E table E.1).
struct PlmnAddress {
  std::string mcc;  ///< three digits
  std::string mnc;  ///< two or three digits
  /// The fixed part that identifies the MSGin5G Service: DNS labels, not allocated by 3GPP and
  /// therefore an option.
  std::string label = "msgin5g-prov";
  /// `pub.` before 3gppnetwork.org: resolvable from the Internet (TS 23.003 Annex D).
  bool pub = false;
  base::Scheme scheme = base::Scheme::https;
  std::uint16_t port = 0;  ///< 0: the scheme's own
  std::string path = {};   ///< empty, or begins with '/'
};

/// `https://<label>.mnc<MNC>.mcc<MCC>.3gppnetwork.org`, an MNC of two digits padded with a zero at
/// the left (TS 23.003 28.2). missing: no MCC or MNC. malformed: not of their digits, a label that
/// DNS does not allow, a bad path.
base::Result<base::Uri> derive_api_root(const PlmnAddress& plmn);

/// The collection that provisioning requests are posted to.
base::Uri provisionings_url(const base::Uri& root);
/// The resource of bulk requests; http and https only.
base::Uri bulk_url(const base::Uri& root);
/// The resource of one Private ID: GET and DELETE.
base::Uri provisioning_url(const base::Uri& root, std::string_view private_id);
/// The resource that takes MSGin5G messages (envelope.h): `/msgin5g` below the root; CoAP only.
base::Uri message_url(const base::Uri& root);

}  // namespace msggw::protocol
