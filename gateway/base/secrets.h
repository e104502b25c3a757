// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace msggw::base {

/// Fills `octets` from the operating system's cryptographic generator: the one source of keys,
/// tokens and seeds, because whoever sees enough of what any other generator gave can compute the
/// rest of it. Any thread. Ends the process if the system has none to give: a secret that can be
/// guessed would be worse than no gateway.
void fill_random(std::span<std::uint8_t> octets) noexcept;

/// 64 bits of the same.
std::uint64_t random_number() noexcept;

/// Whether what a peer showed is the secret, in a time that tells nothing of how much of it was
/// right; only its length may be learned.
bool is_same_secret(std::string_view shown, std::string_view secret) noexcept;

/// The token of an Authorization field (RFC 6750 2.1), none if it is of another kind. A view into
/// `authorization`.
std::optional<std::string_view> bearer_token_in(std::string_view authorization) noexcept;

}  // namespace msggw::base
