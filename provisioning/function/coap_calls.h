// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/wire/coap/client.h"
#include "provisioning/function/calls.h"

namespace msggw::function {

/// What the coap-client program of libcoap got, for tests.
struct CoapAnswer {
  std::string code;  ///< "2.01"; empty: no answer
  std::string all;   ///< what the program printed: options and body, or why there is no answer

  bool says(const std::string& text) const { return all.find(text) != std::string::npos; }
};

inline CoapAnswer coap_client(const std::vector<std::string>& arguments) {
  std::string command = "coap-client-openssl -v 6 -B 5";
  for (const auto& argument : arguments) command += " " + shell_quoted(argument);
  CoapAnswer answer;
  answer.all = output_of(command + " 2>&1");
  for (auto at = answer.all.find(" c:"); at != std::string::npos;
       at = answer.all.find(" c:", at + 1)) {
    const std::string code = answer.all.substr(at + 3, 4);
    if (code.size() == 4 && code[1] == '.' && code != "0.00") answer.code = code;
  }
  return answer;
}

/// A CoAP client with a loop of its own, for tests.
class CoapCaller {
 public:
  explicit CoapCaller(coap::ClientSecurity security = {}) : client_(io_, options(security)) {}

  base::Result<coap::ClientResponse> ask(coap::ClientRequest request) {
    std::optional<base::Result<coap::ClientResponse>> got;
    client_.start(std::move(request), [&](auto result) { got = std::move(result); });
    while (!got) io_.run_one();
    return std::move(*got);
  }
  base::Result<coap::ClientResponse> post(const std::string& uri, std::string body,
                                          std::uint16_t format = coap::kFormatJson) {
    return ask(
        {coap::Method::post, base::parse_uri(uri).value(), format, std::nullopt, std::move(body)});
  }
  base::Result<coap::ClientResponse> get(const std::string& uri) {
    return ask({coap::Method::get, base::parse_uri(uri).value(), std::nullopt, std::nullopt, {}});
  }

 private:
  static coap::ClientOptions options(coap::ClientSecurity& security) {
    coap::ClientOptions options;
    options.security = std::move(security);
    return options;
  }

  boost::asio::io_context io_;
  coap::Client client_;
};

}  // namespace msggw::function
