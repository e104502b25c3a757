// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "adapters/wire/http/server.h"
#include "gateway/base/address.h"

namespace msggw::http {

/// Whether a request is one that a web page in the browser of somebody near may have caused.
enum class Site {
  own,
  foreign_host,   ///< a Host that is no numeric address, not localhost and none of `hosts`: a name
                  ///< that its owner points here (DNS rebinding)
  foreign_origin  ///< an Origin that is not that of the Host: a form or a script of another site
};
Site site_of(const Request& request, std::span<const base::Host> hosts);

}  // namespace msggw::http
