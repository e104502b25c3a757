// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/transfer.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <ctime>
#include <utility>

#include "adapters/wire/tls/handshake.h"
#include "gateway/base/result.h"

namespace msggw::http {

namespace {

using base::Errc;

constexpr long kReceiveBuffer = 16 * 1024;
constexpr std::size_t kMostHeader = 16 * 1024;  // libcurl's work on folded lines is quadratic
constexpr std::chrono::seconds kMostRetryAfter = std::chrono::hours(24);
constexpr long kSendBuffer = 16 * 1024;
// A cleartext HTTP/2 connection that libcurl finds too old is replaced by an HTTP/1.1 one; see
// Http2Origin.
constexpr long kMostIdleSeconds = 24 * 60 * 60;

template <class Value>
void set(CURL* easy, CURLoption option, Value value) {
  base::ensure(curl_easy_setopt(easy, option, value) == CURLE_OK, "libcurl refuses an option");
}

bool is_clean(std::string_view value) noexcept {
  return std::none_of(value.begin(), value.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// A token (RFC 9110 5.6.2) in lower case.
bool is_field_name(std::string_view name) noexcept {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto is_allowed = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kOthers.find(c) != kOthers.npos;
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), is_allowed);
}

Errc errc_of(CURLcode code) noexcept {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:  // also an answer that is not HTTP ("HTTP/0.9")
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2: return Errc::malformed;
    case CURLE_FILESIZE_EXCEEDED: return Errc::too_large;
    default: return Errc::unavailable;  // libcurl has a hundred codes for that
  }
}

/// Libcurl decodes each that such a line names (RFC 9112 6.1), and a few octets can keep a chain of
/// decoders at work for minutes without a single octet of body.
bool names_other_coding(std::string_view line) noexcept {
  constexpr std::string_view kName = "transfer-encoding:";
  if (line.size() < kName.size() || !curl_strnequal(line.data(), kName.data(), kName.size())) {
    return false;
  }
  std::string_view value = line.substr(kName.size());
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  value = value.substr(0, value.find_last_not_of(" \t\r\n") + 1);
  constexpr std::string_view kChunked = "chunked";
  return value.size() != kChunked.size() ||
         !curl_strnequal(value.data(), kChunked.data(), kChunked.size());
}

/// Of Retry-After (RFC 9110 10.2.3): seconds or a date; nothing if it is neither.
base::Duration wait_in(const std::string& text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range) {
    seconds = kMostRetryAfter.count();
  } else if (error != std::errc{} || end != text.data() + text.size()) {
    const std::time_t date = curl_getdate(text.c_str(), nullptr);
    if (date == -1) return base::Duration{0};
    seconds = date - std::time(nullptr);
  }
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, kMostRetryAfter.count()));
}

/// For libcurl, whose own parser cannot read another host, port or path out of it: a canonical host
/// has no character and no form that means anything to it but what is meant.
std::string text_of(const ClientRequest& request) {
  std::string url = base::to_string(request.url);
  return request.query.empty() ? url : url.append("?").append(request.query);
}

base::Error error_of(Errc code, std::string_view reason, const base::Uri& url) {
  std::string detail(reason);
  detail.append(" (").append(base::origin_of(url)).append(")");
  return {code, std::move(detail)};
}

}  // namespace

base::Result<void> check_values(const ClientRequest& request) {
  const auto& method = request.method;
  bool clean = !method.empty() && method.find(' ') == std::string::npos &&
               !base::is_coap(request.url.scheme);
  for (const std::string* value :
       {&method, &request.query, &request.content_type, &request.accept, &request.authorization}) {
    clean = clean && is_clean(*value);
  }
  for (const auto& [name, value] : request.headers)
    clean = clean && is_field_name(name) && !value.empty() && is_clean(value);
  if (clean) return {};
  return tl::unexpected(
      error_of(Errc::malformed, "the request has a value that cannot be sent", request.url));
}

Transfer::Transfer(const ClientOptions& options, ClientRequest request, Done done,
                   std::chrono::steady_clock::time_point now)
    : request_(std::move(request)),
      done_(std::move(done)),
      max_octets_(options.max_response_octets),
      started_(now),
      easy_(curl_easy_init()) {
  base::ensure(easy_ != nullptr, "libcurl gives no handle");
  set_options(options);
  set(easy(), CURLOPT_URL, text_of(request_).c_str());
  set_method();
  set_headers();
}

void Transfer::set_options(const ClientOptions& options) {
  CURL* const easy = easy_.get();
  set(easy, CURLOPT_ERRORBUFFER, error_.data());
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_PIPEWAIT, 1L);
  set(easy, CURLOPT_BUFFERSIZE, kReceiveBuffer);
  set(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options.max_response_octets));
  if (options.version == Version::http2) {
    set(easy, CURLOPT_SOCKOPTFUNCTION, &Transfer::on_open);
    set(easy, CURLOPT_SOCKOPTDATA, this);
    set(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_connected);
    set(easy, CURLOPT_PREREQDATA, this);
  }
  set(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(easy, CURLOPT_HEADERDATA, this);
  set(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(easy, CURLOPT_WRITEDATA, this);
  if (options.version == Version::http2) set(easy, CURLOPT_MAXAGE_CONN, kMostIdleSeconds);
}

std::size_t Transfer::on_body(char* octets, std::size_t, std::size_t size, void* self) noexcept {
  return static_cast<Transfer*>(self)->take_body({octets, size});
}

int Transfer::on_open(void* self, curl_socket_t fd, curlsocktype) noexcept {
  static_cast<Transfer*>(self)->tried_.push_back(fd);
  return CURL_SOCKOPT_OK;
}

int Transfer::on_connected(void* self, char*, char*, int, int) noexcept {
  static_cast<Transfer*>(self)->connected = true;
  return CURL_PREREQFUNC_OK;
}

CURLcode Transfer::on_tls(CURL*, void* context, void* self) noexcept {
  const auto& transfer = *static_cast<Transfer*>(self);
  auto* const made = static_cast<ssl_ctx_st*>(context);
  tls::configure(transfer.tls_, made);
  tls::expect_host(made, transfer.url().host.text());
  return CURLE_OK;
}

std::size_t Transfer::on_header(char* line, std::size_t, std::size_t size, void* self) noexcept {
  return static_cast<Transfer*>(self)->take_header({line, size});
}

/// Libcurl takes the end of a connection within the header for the end of the header, sets no near
/// limit to it, and decodes transfer codings that nobody asked for. Lines after the header are
/// trailer fields, unless a status line begins the header after that of a 1xx.
std::size_t Transfer::take_header(std::string_view line) {
  if (line == "\r\n" || line == "\n") header_ended_ = true;
  if (line.starts_with("HTTP/")) header_ended_ = false;
  header_octets_ += line.size();
  too_large_ = header_octets_ > kMostHeader;
  coded_ = coded_ || (!header_ended_ && names_other_coding(line));
  return too_large_ || coded_ ? 0 : line.size();  // 0 ends the transfer
}

std::size_t Transfer::take_body(std::string_view octets) {
  if (octets.size() > max_octets_ - response_.body.size()) {
    too_large_ = true;
    return 0;  // ends the transfer
  }
  response_.body.append(octets);
  return octets.size();
}

void Transfer::set_method() {
  const bool has_body = !request_.content_type.empty() || request_.method == "POST";
  const bool head = request_.method == "HEAD";
  set(easy(), has_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
  if (head) set(easy(), CURLOPT_NOBODY, 1L);
  if (!head && request_.method != (has_body ? "POST" : "GET")) {
    set(easy(), CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  if (!has_body) return;
  set(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  set(easy(), CURLOPT_POSTFIELDS, request_.body.c_str());  // not copied: the request stays here
}

void Transfer::set_headers() {
  curl_slist* list = nullptr;
  const auto add = [&list](const std::string& line) {
    list = curl_slist_append(list, line.c_str());
    base::ensure(list != nullptr, "out of memory");
  };
  // Libcurl's own "Expect: 100-continue" would cost a round trip, its Accept says nothing.
  add("expect:");
  add(request_.accept.empty() ? "accept:" : "accept: " + request_.accept);
  add(request_.content_type.empty() ? "content-type:" : "content-type: " + request_.content_type);
  if (!request_.authorization.empty()) add("authorization: " + request_.authorization);
  for (const auto& [name, value] : request_.headers) add(name + ": " + value);
  set(easy(), CURLOPT_HTTPHEADER, list);
  headers_.reset(list);
}

void Transfer::set_version(long version, bool fresh_connection) {
  set(easy(), CURLOPT_HTTP_VERSION, version);
  if (fresh_connection) set(easy(), CURLOPT_FRESH_CONNECT, 1L);
}

/// Libcurl is left no file to read; it would at each handshake, and ask for the password of a key.
void Transfer::set_tls(const tls::Context& context) {
  tls_ = context;
  set(easy(), CURLOPT_CAINFO, nullptr);
  set(easy(), CURLOPT_CAPATH, nullptr);
  set(easy(), CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls);
  set(easy(), CURLOPT_SSL_CTX_DATA, this);
}

void Transfer::set_timeout(std::chrono::milliseconds left) {
  set(easy(), CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
}

base::Result<ClientResponse> Transfer::finish(CURLcode code) {
  long version = 0;
  curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version);
  response_.version = version == CURL_HTTP_VERSION_2_0 ? 20 : 11;
  // Memory that has run out is libcurl's word for a header line beyond a limit of its own.
  if (too_large_ || code == CURLE_OUT_OF_MEMORY) {
    return tl::unexpected(failure(Errc::too_large, "the answer is too long"));
  }
  if (coded_) {
    return tl::unexpected(failure(Errc::malformed, "a transfer coding that was not asked for"));
  }
  // Libcurl's word for a header line that is none.
  if (code == CURLE_BAD_FUNCTION_ARGUMENT) {
    return tl::unexpected(failure(Errc::malformed, "a header line without a field name"));
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    long verdict = 0;
    curl_easy_getinfo(easy(), CURLINFO_SSL_VERIFYRESULT, &verdict);
    const auto problem = tls::problem_of_certificate(verdict);
    return tl::unexpected(failure(Errc::unavailable, problem.detail));
  }
  // Libcurl counts the milliseconds in its words, so each would be another reason.
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t asked_at = 0;  // 0: never, there was no connection or no end of the TLS handshake
    curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &asked_at);
    return tl::unexpected(failure(
        errc_of(code), asked_at == 0 ? "cannot connect: no answer in time" : "no answer in time"));
  }
  if (code != CURLE_OK) {
    const char* reason = error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
    return tl::unexpected(failure(errc_of(code), reason));
  }
  if (!header_ended_) {
    return tl::unexpected(failure(Errc::unavailable, "the connection ended within the header"));
  }
  long status = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  if (status < 200) return tl::unexpected(failure(Errc::malformed, "only an interim answer came"));
  response_.status = static_cast<unsigned>(status);
  response_.content_type = field("content-type");
  response_.retry_after = wait_in(field("retry-after"));
  if (status > 200 && status < 400) response_.location = field("location");
  return std::move(response_);
}

/// Of the final answer's header: what libcurl tells elsewhere may come from a 1xx before it.
std::string Transfer::field(const char* name) const {
  curl_header* found = nullptr;
  const CURLHcode code = curl_easy_header(easy(), name, 0, CURLH_HEADER, -1, &found);
  return code == CURLHE_OK ? found->value : "";
}

base::Error Transfer::failure(Errc code, std::string_view reason) const {
  return error_of(code, reason, request_.url);
}

}  // namespace msggw::http
