// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "adapters/wire/coap/server_options.h"
#include "adapters/wire/tls/contexts.h"
#include "gateway/base/handle.h"

namespace msggw::coap {

/// What a server is to have: its address and port, bound, and its files, read. Nobody is heard
/// there yet; let go of when it is not taken.
struct Place {
  ServerOptions options;
  bool is_other = true;     ///< another address and port than before
  base::UniqueFd socket{};  ///< if it is; none: it does not listen
  tls::Context context{};   ///< null: in the clear, or it does not listen
};

/// Of a server that begins. Throws base::CannotListen, and std::runtime_error for a file that
/// cannot be used.
Place place_of(const ServerOptions& options);
/// Of one that has `socket`, below 0: none, by `has`. A port of 0 that is still one stays what it
/// is. Throws likewise.
Place place_after(const ServerOptions& has, int socket, const ServerOptions& wanted);

}  // namespace msggw::coap
