// SPDX-License-Identifier: Apache-2.0
// What of tokens comes from others: the access token that a caller shows, the keys in a file, the
// answer of a token endpoint. The first octet says which; the rest is the text.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "adapters/msgin5g/access_token.h"
#include "adapters/msgin5g/token_bodies.h"
#include "gateway/base/result.h"
#include "gateway/base/text.h"

namespace {

using namespace msggw::msgin5g;
using msggw::base::ensure;

const TokenKeys& some_keys() {
  static const TokenKeys keys =
      read_token_keys(
          R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
          R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})")
          .value();
  return keys;
}

void read_token(std::string_view text) {
  const auto token = read_access_token(text);
  if (!token) {
    ensure(token.error() <= TokenFault::claims, "nothing but the text is looked at here");
    return;
  }
  ensure(text.size() <= kMostAccessToken, "a token is bounded");
  ensure(!token->signature.empty(), "a token is signed");
  ensure(text.starts_with(token->signed_part), "what is signed is what came");
  const auto verified = verify(*token, some_keys());
  ensure(!verified, "no input is signed with that key");
  const auto judged = judge(token->claims, {{"gw-1"}, {}}, "msgg-n3gdelivery", {});
  if (judged) ensure(token->claims.scope.find("msgg-n3gdelivery") != std::string::npos, "scope");
}

void read_answer(std::string_view text) {
  msggw::http::ClientResponse answer;
  answer.status = text.starts_with('e') ? 400 : 200;
  answer.body = text.substr(std::min<std::size_t>(1, text.size()));
  const auto grant = read_token_answer(answer);
  if (!grant) {
    ensure(grant.error().detail.size() < 4'096, "what is said of an answer is bounded");
    ensure(msggw::base::is_plain(grant.error().detail), "and safe to print");
    return;
  }
  const std::string& value = grant->authorization;
  ensure(answer.status == 200 && value.size() <= kMostTokenOctets + 7, "a token is bounded");
  ensure(std::all_of(value.begin() + 7, value.end(), [](char c) { return c > ' ' && c < 0x7f; }),
         "a token can stand in a field");
  ensure(grant->lifetime.count() > 0 && grant->lifetime <= kLongestLifetime, "it has a lifetime");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0]) {
    case 't': read_token(text); break;
    case 'k': static_cast<void>(read_token_keys(text)); break;
    default: read_answer(text); break;
  }
  return 0;
}
