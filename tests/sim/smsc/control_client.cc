// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/smsc/control_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include "gateway/base/handle.h"
#include "gateway/base/json.h"
#include "tests/sim/fleet/options.h"

namespace msggw::smsc {

namespace {

constexpr std::size_t kMostAnswer = 16 * 1024 * 1024;

extern "C" std::size_t append_body(char* octets, std::size_t size, std::size_t count,
                                   void* body) noexcept {
  auto& text = *static_cast<std::string*>(body);
  if (text.size() + size * count > kMostAnswer) return 0;
  text.append(octets, size * count);
  return size * count;
}

}  // namespace

std::string_view control_address(std::string_view text) {
  constexpr std::string_view kMark = "://";
  if (const auto scheme = text.find(kMark); scheme != text.npos) {
    if (text.substr(0, scheme) != "http")
      throw std::runtime_error("--control is neither HOST:PORT nor http://HOST:PORT");
    text.remove_prefix(scheme + kMark.size());
  }
  return text.substr(0, text.find('/'));
}

ControlClient::ControlClient(std::string_view control, std::uint16_t default_port,
                             std::string_view root) {
  constexpr std::string_view kScheme = "http://";
  const auto [host, port] = fleet::split_host_port(control_address(control), default_port);
  const bool v6 = host.find(':') != host.npos;
  root_ = fmt::format("{}{}:{}{}", kScheme, v6 ? "[" + host + "]" : host, port, root);
}

std::pair<long, boost::json::value> ControlClient::call(const std::string& target,
                                                        const std::string& body,
                                                        std::chrono::seconds within) const {
  const base::Handle<CURL, curl_easy_cleanup> easy(curl_easy_init());
  const std::string url = root_ + target;
  std::string answer;
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_TIMEOUT, static_cast<long>(within.count()));
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &answer);
  const base::Handle<curl_slist, curl_slist_free_all> fields(
      curl_slist_append(nullptr, "content-type: application/json"));
  if (!body.empty()) {
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, fields.get());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  }
  if (const CURLcode code = curl_easy_perform(easy.get()); code != CURLE_OK)
    throw NoAnswer(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  auto json = base::parse_json(answer, {kMostAnswer, 16, 1'000'000});
  return {status, json ? std::move(*json) : boost::json::value{}};
}

}  // namespace msggw::smsc
