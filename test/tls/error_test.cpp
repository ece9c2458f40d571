// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/tls/error.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/system/system_error.hpp>
#include <boost/test/unit_test.hpp>
#include <set>
#include <trivium/tls/context.hpp>
#include <trivium/transfer_result.hpp>

using namespace trivium;

namespace {

error_code refusal(int why) {
  return {why, tls_verification_category()};
}
error_code openssls(int library, int reason) {
  return {static_cast<int>(ERR_PACK(library, 0, reason)), tls_category()};
}
bool says(error_code const& error, char const* word) {
  return error.message().find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_refusal_says_what_is_wrong_and_what_to_do) {
  BOOST_TEST(says(refusal(X509_V_ERR_HOSTNAME_MISMATCH), "another host name"));
  BOOST_TEST(says(refusal(X509_V_ERR_IP_ADDRESS_MISMATCH), "another host name"));
  BOOST_TEST(says(refusal(X509_V_ERR_CERT_HAS_EXPIRED), "has expired"));
  BOOST_TEST(says(refusal(X509_V_ERR_CERT_HAS_EXPIRED), "must renew it"));
  BOOST_TEST(says(refusal(X509_V_ERR_CERT_NOT_YET_VALID), "not valid yet"));
  BOOST_TEST(says(refusal(X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT), "self-signed"));
  BOOST_TEST(says(refusal(X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN), "not trusted here"));
  BOOST_TEST(says(refusal(X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY), "ca_file"));
  BOOST_TEST(says(refusal(X509_V_ERR_CERT_REVOKED), "revoked"));
}

// OpenSSL's words follow ours, so that any other refusal is told too.
BOOST_AUTO_TEST_CASE(a_refusal_says_it_in_openssls_words_as_well) {
  std::set<std::string> messages;
  for (int code = X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT; code <= X509_V_ERR_APPLICATION_VERIFICATION; ++code) {
    BOOST_TEST(says(refusal(code), X509_verify_cert_error_string(code)));
    messages.insert(refusal(code).message());
  }
  BOOST_TEST(messages.size() > 40u);
}

BOOST_AUTO_TEST_CASE(what_openssl_says_is_its_reason) {
  BOOST_TEST(says(openssls(ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC), "bad record mac"));
  BOOST_TEST(says(openssls(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER), "does the peer speak TLS"));
  BOOST_TEST(says(openssls(ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION), "TLS 1.2 or newer"));
  BOOST_TEST(says(openssls(99, 999), "error "));
}

BOOST_AUTO_TEST_CASE(after_either_the_connection_is_not_usable) {
  for (auto const& error : {refusal(X509_V_ERR_CERT_HAS_EXPIRED), refusal(EINVAL),
                            openssls(ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER)})
    BOOST_TEST(!transfer_result{.error = error}.connection_usable());
}

BOOST_AUTO_TEST_CASE(a_problem_is_thrown_with_what_it_is_about) {
  tls_problem const problem{{ENOENT, boost::system::system_category()}, "ca_file here.pem"};
  BOOST_TEST(problem.message() == "ca_file here.pem: No such file or directory");
  result<tls_client_context, tls_problem> const none = problem;
  BOOST_CHECK_EXCEPTION(none.value(), boost::system::system_error, [&](auto const& thrown) {
    return thrown.code() == problem.error && std::string{thrown.what()}.starts_with(problem.message());
  });
}
